"""The collector's configuration, for a local run and for each node of a cluster.

On a cluster, :mod:`kubeglass.render.kubernetes.collector` puts it into a ConfigMap. The pod that reads it needs the
environment variables ``K8S_NODE_NAME``, ``K8S_NODE_IP`` and ``K8S_POD_IP`` (downward API) and those of
:attr:`kubeglass.model.pipeline.Pipeline.collector_secrets`, a folder of its node at :data:`QUEUE_DIRECTORY` and, when
host metrics are on, the folders that :func:`kubeglass.render.otelcol.receivers.host_folders` names.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from kubeglass.model.local import LocalSettings
from kubeglass.model.parts import HEALTH_PORT, LOOPBACK, PROMETHEUS, PROMETHEUS_PORT, TELEMETRY_PORT
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.files import RenderedFile
from kubeglass.render.otelcol import exporters, processors, receivers
from kubeglass.render.otelcol.processors import serve
from kubeglass.render.yaml import dump_yaml

PATH = PurePosixPath("otelcol/config.yaml")

#: Where a cluster's pod finds its node's folder for the queue.
QUEUE_DIRECTORY = "/var/lib/otelcol/queue"

_POD_IP = "${env:K8S_POD_IP}"


def render(pipeline: Pipeline, settings: LocalSettings) -> list[RenderedFile]:
    """Render the configuration file of a local run."""
    return [RenderedFile(PATH, dump_yaml(build_local(pipeline, settings)))]


def build_local(pipeline: Pipeline, settings: LocalSettings) -> dict[str, Any]:
    """Scrape every app, receive what others push, and send both to Prometheus through a queue on disk."""
    out = _exporters(pipeline, settings.url(settings.ports.prometheus))
    extensions = _extensions(pipeline, str(settings.queue), f"{LOOPBACK}:{settings.ports.otelcol_health}")
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


def build_cluster(pipeline: Pipeline) -> dict[str, Any]:
    """Build the configuration of the collector on one node; the same document serves every node."""
    sources = _sources(pipeline)
    out = _exporters(pipeline, f"http://{PROMETHEUS}.{pipeline.cluster.namespace}.svc:{PROMETHEUS_PORT}")
    # An IPv6 address must stand in brackets here, an IPv4 address may.
    extensions = _extensions(pipeline, QUEUE_DIRECTORY, f"[{_POD_IP}]:{HEALTH_PORT}")
    pipelines = {f"metrics/{name}": (receiver, chain) for name, (receiver, _, chain) in sources.items()}
    return {
        "extensions": extensions,
        "receivers": {receiver: settings for receiver, settings, _ in sources.values()},
        "processors": _processors(pipeline),
        "exporters": out,
        "service": serve(extensions, pipelines, out, (_POD_IP, TELEMETRY_PORT)),
    }


def _sources(pipeline: Pipeline) -> dict[str, tuple[str, dict[str, Any], list[str]]]:
    """Map each pipeline's name to its receiver, the receiver's settings and its own processors."""
    sources: dict[str, tuple[str, dict[str, Any], list[str]]] = {
        "apps": ("prometheus", receivers.scrape_pods(pipeline), ["k8s_attributes"])
    }
    if pipeline.collector.kubelet.enabled:
        kubelet = receivers.read_kubelet(pipeline)
        sources["kubelet"] = ("kubelet_stats", kubelet, ["resource/kubelet", "k8s_attributes"])
    if receivers.node_scrapers(pipeline):
        host = receivers.read_host(pipeline, root=receivers.HOST_ROOT)
        sources["host"] = ("host_metrics", host, ["resource/host"])
    return sources


def _processors(pipeline: Pipeline) -> dict[str, Any]:
    node = "${env:K8S_NODE_NAME}"
    chain = {"memory_limiter": processors.limit_memory(pipeline), "k8s_attributes": processors.add_pod_attributes()}
    if pipeline.collector.kubelet.enabled:
        chain["resource/kubelet"] = processors.name_source("kubelet", node)
    if receivers.node_scrapers(pipeline):
        chain["resource/host"] = processors.name_source("host", node)
    return chain


def _extensions(pipeline: Pipeline, queue: str, health: str) -> dict[str, Any]:
    remote = pipeline.storage.remote
    return {
        exporters.QUEUE: exporters.keep_queue(pipeline, queue),
        "health_check": {"endpoint": health},
        **(exporters.authenticate(remote) if remote else {}),
    }


def _exporters(pipeline: Pipeline, prometheus: str) -> dict[str, Any]:
    out = {exporters.TO_PROMETHEUS: exporters.send_to_prometheus(pipeline, f"{prometheus}{exporters.OTLP_PATH}")}
    if pipeline.storage.remote is not None:
        out[exporters.TO_REMOTE] = exporters.send_to_remote(pipeline, pipeline.storage.remote)
    return out
