"""What runs on a cluster, composed: each part's renderer gives its text, the manifests carry it there."""

from __future__ import annotations

from pathlib import PurePosixPath

from kubeglass.model.pipeline import Pipeline
from kubeglass.render.file import RenderedFile
from kubeglass.render.grafana import provisioning
from kubeglass.render.grafana.dashboards import render_dashboards
from kubeglass.render.kubernetes import manifests
from kubeglass.render.kubernetes.contents import DASHBOARDS_FOLDER, PROVISIONING_FOLDER, CollectorSetup, Contents
from kubeglass.render.kubernetes.names import PROMETHEUS, PROMETHEUS_PORT
from kubeglass.render.otelcol import cluster as otelcol
from kubeglass.render.otelcol.receivers import host_folders
from kubeglass.render.prometheus import cluster as prometheus
from kubeglass.render.prometheus.rules import rule_files
from kubeglass.render.yaml import dump_yaml


def render(pipeline: Pipeline) -> list[RenderedFile]:
    """Render every manifest; paths are file names."""
    return manifests.render(pipeline, compose(pipeline))


def compose(pipeline: Pipeline) -> Contents:
    """Gather the configurations that the manifests carry."""
    return Contents(
        collector=_collector(pipeline),
        prometheus=_prometheus(pipeline),
        grafana=_grafana(pipeline),
        grafana_environment=_grafana_environment(pipeline),
        dashboards=_dashboards(pipeline),
    )


def _collector(pipeline: Pipeline) -> CollectorSetup:
    return CollectorSetup(
        config=dump_yaml(otelcol.build(pipeline)),
        queue_directory=otelcol.QUEUE_DIRECTORY,
        health_port=otelcol.HEALTH_PORT,
        telemetry_port=otelcol.TELEMETRY_PORT,
        host_folders=host_folders(pipeline),
    )


def _prometheus(pipeline: Pipeline) -> tuple[RenderedFile, ...]:
    config = RenderedFile(PurePosixPath("prometheus.yml"), dump_yaml(prometheus.build(pipeline)))
    rules = (RenderedFile(PurePosixPath("rules", name), text) for name, text in rule_files(pipeline).items())
    return (config, *rules)


def _grafana(pipeline: Pipeline) -> tuple[RenderedFile, ...]:
    source = provisioning.describe_datasource(f"http://{PROMETHEUS}:{PROMETHEUS_PORT}", pipeline.scrape.interval)
    provider = provisioning.describe_provider(DASHBOARDS_FOLDER)
    return tuple(
        RenderedFile(path.relative_to(provisioning.FOLDER), dump_yaml(document))
        for path, document in ((provisioning.DATASOURCE_PATH, source), (provisioning.PROVIDER_PATH, provider))
    )


def _grafana_environment(pipeline: Pipeline) -> dict[str, str]:
    chosen = _dashboards(pipeline)
    home = f"{DASHBOARDS_FOLDER}/{chosen[0].path}" if chosen else ""
    return provisioning.grafana_settings(PROVISIONING_FOLDER, home)


def _dashboards(pipeline: Pipeline) -> tuple[RenderedFile, ...]:
    return tuple(RenderedFile(PurePosixPath(file.path.name), file.content) for file in render_dashboards(pipeline))
