"""Every file that kubeglass renders: the list of renderers, and what one passes to another.

Everything here is pure: the model in, text out. :mod:`kubeglass.render.files` writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from kubeglass.model.local import LocalSettings
from kubeglass.model.parts import PROMETHEUS, PROMETHEUS_PORT
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.references.secrets import require_secrets
from kubeglass.render import grafana, prometheus
from kubeglass.render.engine_versions import check_versions
from kubeglass.render.files import RenderedFile
from kubeglass.render.kubernetes import manifests
from kubeglass.render.kubernetes.config_maps import DASHBOARDS_FOLDER, PROVISIONING_FOLDER, CollectorSetup, Contents
from kubeglass.render.otelcol import config as otelcol
from kubeglass.render.otelcol.receivers import host_folders, scrape_secrets
from kubeglass.render.yaml import dump_yaml

LOCAL_RENDERERS: tuple[Callable[[Pipeline, LocalSettings], list[RenderedFile]], ...] = (
    otelcol.render,
    prometheus.render,
    grafana.render_local_dashboards,
    grafana.render,
)

#: Folders with nothing but rendered files; what is no longer rendered is removed from them.
LOCAL_FOLDERS = (PurePosixPath("prometheus/rules"), PurePosixPath("dashboards"))


def render_local(pipeline: Pipeline, settings: LocalSettings) -> list[RenderedFile]:
    """Render everything a local run needs, at paths relative to the state folder."""
    return [file for renderer in LOCAL_RENDERERS for file in renderer(pipeline, settings)]


def render_kubernetes(pipeline: Pipeline) -> list[RenderedFile]:
    """Render every manifest, at paths relative to the manifests' folder.

    Raises:
        ConfigError: a secret names no Kubernetes Secret, or an image's version does not accept what is rendered.
    """
    return manifests.render(pipeline, compose(pipeline))


def compose(pipeline: Pipeline) -> Contents:
    """Gather the configurations that the manifests carry.

    Raises:
        ConfigError: a secret names no Kubernetes Secret, or an image's version does not accept what is rendered.
    """
    require_secrets(pipeline)
    collector = otelcol.build_cluster(pipeline)
    check_versions(pipeline, collector)
    rules = prometheus.rule_files(pipeline).items()
    source = grafana.describe_datasource(f"http://{PROMETHEUS}:{PROMETHEUS_PORT}", pipeline.scrape.interval)
    provider = grafana.describe_provider(DASHBOARDS_FOLDER)
    dashboards = tuple(_rendered(file.path.name, file.content) for file in grafana.render_dashboards(pipeline))
    home = f"{DASHBOARDS_FOLDER}/{dashboards[0].path}" if dashboards else ""
    return Contents(
        collector=CollectorSetup(
            config=_rendered("config.yaml", dump_yaml(collector)),
            queue_directory=otelcol.QUEUE_DIRECTORY,
            host_folders=host_folders(pipeline),
            secrets=scrape_secrets(pipeline),
        ),
        prometheus=(
            _rendered("prometheus.yml", dump_yaml(prometheus.build_cluster(pipeline))),
            *(_rendered(f"rules/{name}", text) for name, text in rules),
        ),
        grafana=(
            _rendered(grafana.DATASOURCE_PATH.relative_to(grafana.FOLDER), dump_yaml(source)),
            _rendered(grafana.PROVIDER_PATH.relative_to(grafana.FOLDER), dump_yaml(provider)),
        ),
        grafana_environment=grafana.grafana_settings(
            PROVISIONING_FOLDER, home, anonymous=pipeline.cluster.grafana.anonymous
        ),
        dashboards=dashboards,
    )


def _rendered(path: str | PurePosixPath, text: str) -> RenderedFile:
    return RenderedFile(PurePosixPath(path), text)
