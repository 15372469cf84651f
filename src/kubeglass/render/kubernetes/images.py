"""Which image each part runs: the user's own, else the pinned official one, else the one kubeglass builds."""

from __future__ import annotations

from kubeglass import __version__
from kubeglass.engines.grafana import GRAFANA
from kubeglass.engines.otelcol import OTELCOL
from kubeglass.engines.prometheus import PROMETHEUS
from kubeglass.model.app import App
from kubeglass.model.pipeline import Pipeline

#: Images that were never in a registry are named under localhost, so an attempt to pull one fails at once instead of
#: asking a public registry for somebody else's.
OWN_REGISTRY = "localhost/kubeglass"


def collector_image(pipeline: Pipeline) -> str:
    """Image of the collector."""
    return pipeline.cluster.images.collector or OTELCOL.distribution.image


def prometheus_image(pipeline: Pipeline) -> str:
    """Image of Prometheus."""
    return pipeline.cluster.images.prometheus or PROMETHEUS.distribution.image


def grafana_image(pipeline: Pipeline) -> str:
    """Image of Grafana."""
    return pipeline.cluster.images.grafana or GRAFANA.image


def viewer_image(pipeline: Pipeline) -> str:
    """Image of the page."""
    return pipeline.cluster.images.viewer or f"{OWN_REGISTRY}/viewer:{__version__}"


def app_image(app: App) -> str:
    """Image of an app; one whose source is on the node needs the interpreter and the libraries alone."""
    if app.image is not None:
        return app.image
    return f"{OWN_REGISTRY}/{'python' if app.host_path else app.name}:{__version__}"
