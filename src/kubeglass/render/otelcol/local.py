"""The collector's configuration for a local run."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from kubeglass.model.local import LOOPBACK, LocalSettings
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.file import RenderedFile
from kubeglass.render.otelcol import exporters, processors, receivers
from kubeglass.render.otelcol.service import serve
from kubeglass.render.yaml import dump_yaml

PATH = PurePosixPath("otelcol/config.yaml")


def render(pipeline: Pipeline, settings: LocalSettings) -> list[RenderedFile]:
    """Scrape every app, take what others push, and push over OTLP to Prometheus through a queue on disk."""
    return [RenderedFile(PATH, dump_yaml(build(pipeline, settings)))]


def build(pipeline: Pipeline, settings: LocalSettings) -> dict[str, Any]:
    """Build the configuration as data."""
    out = _exporters(pipeline, settings)
    extensions = _extensions(pipeline, settings)
    pipelines: dict[str, tuple[str, list[str]]] = {"metrics/apps": ("prometheus", []), "metrics/pushed": ("otlp", [])}
    document: dict[str, Any] = {
        "extensions": extensions,
        "receivers": {
            "prometheus": receivers.scrape_apps(pipeline, settings),
            "otlp": receivers.receive_pushes(settings),
        },
        "processors": {"memory_limiter": processors.limit_memory(pipeline)},
        "exporters": out,
    }
    if pipeline.collector.host_metrics.enabled:
        document["receivers"]["host_metrics"] = receivers.read_host(pipeline)
        document["processors"]["resource/host"] = processors.name_source("host", "localhost")
        pipelines["metrics/host"] = ("host_metrics", ["resource/host"])
    telemetry = (LOOPBACK, settings.ports.otelcol_telemetry)
    return document | {"service": serve(extensions, pipelines, out, telemetry)}


def _extensions(pipeline: Pipeline, settings: LocalSettings) -> dict[str, Any]:
    remote = pipeline.storage.remote
    return {
        exporters.QUEUE: exporters.keep_queue(pipeline, str(settings.queue)),
        "health_check": {"endpoint": f"{LOOPBACK}:{settings.ports.otelcol_health}"},
        **(exporters.authenticate(remote) if remote else {}),
    }


def _exporters(pipeline: Pipeline, settings: LocalSettings) -> dict[str, Any]:
    endpoint = settings.url(settings.ports.prometheus, exporters.OTLP_PATH)
    out = {exporters.TO_PROMETHEUS: exporters.send_to_prometheus(pipeline, endpoint)}
    if pipeline.storage.remote is not None:
        out[exporters.TO_REMOTE] = exporters.send_to_remote(pipeline, pipeline.storage.remote)
    return out
