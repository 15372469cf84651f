"""The list of renderers: read it top to bottom and you know every file kubeglass writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from kubeglass.model.local import LocalSettings
from kubeglass.model.pipeline import Pipeline
from kubeglass.render import cluster
from kubeglass.render.file import RenderedFile
from kubeglass.render.grafana import dashboards as grafana_dashboards
from kubeglass.render.grafana import provisioning as grafana_provisioning
from kubeglass.render.otelcol import local as otelcol_local
from kubeglass.render.prometheus import config as prometheus_config
from kubeglass.render.prometheus import rules as prometheus_rules
from kubeglass.render.yaml import HEADER

LOCAL_RENDERERS: tuple[Callable[[Pipeline, LocalSettings], list[RenderedFile]], ...] = (
    otelcol_local.render,
    prometheus_config.render,
    prometheus_rules.render,
    grafana_dashboards.render,
    grafana_provisioning.render,
)

#: Folders that hold nothing but rendered files: what no renderer makes any more is removed from them.
LOCAL_FOLDERS = (PurePosixPath("prometheus/rules"), PurePosixPath("dashboards"))

#: What tells a manifest that was rendered from one that somebody put beside it.
MANIFEST_HEADER = HEADER

KUBERNETES_RENDERERS: tuple[Callable[[Pipeline], list[RenderedFile]], ...] = (cluster.render,)


def render_local(pipeline: Pipeline, settings: LocalSettings) -> list[RenderedFile]:
    """Render everything a local run needs, paths relative to the state folder; pure, nothing is written."""
    return [file for renderer in LOCAL_RENDERERS for file in renderer(pipeline, settings)]


def render_kubernetes(pipeline: Pipeline) -> list[RenderedFile]:
    """Render every manifest, paths relative to the manifests' folder; pure, nothing is written."""
    return [file for renderer in KUBERNETES_RENDERERS for file in renderer(pipeline)]
