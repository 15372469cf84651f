"""Which image each part runs: the user's own, else the pinned official one, else the one kubeglass builds."""

from __future__ import annotations

from kubeglass import __version__
from kubeglass.engines.distribution import Distribution
from kubeglass.engines.grafana import GRAFANA
from kubeglass.engines.otelcol import OTELCOL
from kubeglass.engines.prometheus import PROMETHEUS
from kubeglass.model.app import App
from kubeglass.model.cluster import ImageSource
from kubeglass.model.pipeline import Pipeline

#: Images that were never in a registry are named under localhost, so an attempt to pull one fails at once instead of
#: asking a public registry for somebody else's.
OWN_REGISTRY = "localhost/kubeglass"


def collector_image(pipeline: Pipeline) -> str:
    """Image of the collector."""
    return pipeline.cluster.images.collector or _engine_image("collector", OTELCOL.distribution, pipeline)


def prometheus_image(pipeline: Pipeline) -> str:
    """Image of Prometheus."""
    return pipeline.cluster.images.prometheus or _engine_image("prometheus", PROMETHEUS.distribution, pipeline)


def own_image(part: str, distribution: Distribution) -> str:
    """Image that kubeglass builds of an engine's program."""
    return f"{OWN_REGISTRY}/{part}:{distribution.version}"


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


def missing_grafana(pipeline: Pipeline) -> str:
    """Say why Grafana is left out although it was not switched off; empty when it runs or is not wanted."""
    if pipeline.cluster.runs_grafana or not pipeline.cluster.grafana.enabled:
        return ""
    return (
        "Grafana is left out: cluster.images.source is local, and kubeglass builds no image of it; name one in"
        " cluster.images.grafana, or use the page"
    )


def _engine_image(part: str, distribution: Distribution, pipeline: Pipeline) -> str:
    local = pipeline.cluster.images.source is ImageSource.LOCAL
    return own_image(part, distribution) if local else distribution.image
