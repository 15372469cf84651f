"""The collector's configuration for each node of a cluster, as data: render/kubernetes puts it into a ConfigMap.

The pod that reads it must have the environment variables ``K8S_NODE_NAME``, ``K8S_NODE_IP``, ``K8S_POD_IP`` (downward
API), those of :attr:`kubeglass.model.storage.Remote.secrets`, a folder of its node at :data:`QUEUE_DIRECTORY`
and, when host metrics are on, the folders that :func:`kubeglass.render.otelcol.receivers.host_folders` names.
"""

from __future__ import annotations

from typing import Any

from kubeglass.model.pipeline import Pipeline
from kubeglass.render.otelcol import exporters, processors, receivers
from kubeglass.render.otelcol.service import serve

#: Where the pod finds its node's folder for the queue.
QUEUE_DIRECTORY = "/var/lib/otelcol/queue"
HEALTH_PORT = 13133
TELEMETRY_PORT = 8888
#: Name of Prometheus's Service, in the pipeline's namespace.
PROMETHEUS_SERVICE = "prometheus"
PROMETHEUS_PORT = 9090

_POD_IP = "${env:K8S_POD_IP}"


def build(pipeline: Pipeline) -> dict[str, Any]:
    """Build the configuration of the collector on one node; the same document serves every node."""
    sources = _sources(pipeline)
    out = _exporters(pipeline)
    extensions = _extensions(pipeline)
    pipelines = {f"metrics/{name}": (receiver, chain) for name, (receiver, _, chain) in sources.items()}
    return {
        "extensions": extensions,
        "receivers": {receiver: settings for receiver, settings, _ in sources.values()},
        "processors": _processors(pipeline),
        "exporters": out,
        "service": serve(extensions, pipelines, out, (_POD_IP, TELEMETRY_PORT)),
    }


def _sources(pipeline: Pipeline) -> dict[str, tuple[str, dict[str, Any], list[str]]]:
    """Each pipeline's name, with its receiver, the receiver's settings and its own processors."""
    sources: dict[str, tuple[str, dict[str, Any], list[str]]] = {
        "apps": ("prometheus", receivers.scrape_pods(pipeline), ["k8s_attributes"])
    }
    if pipeline.collector.kubelet.enabled:
        sources["kubelet"] = (
            "kubelet_stats",
            receivers.read_kubelet(pipeline),
            ["resource/kubelet", "k8s_attributes"],
        )
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


def _extensions(pipeline: Pipeline) -> dict[str, Any]:
    remote = pipeline.storage.remote
    return {
        exporters.QUEUE: exporters.keep_queue(pipeline, QUEUE_DIRECTORY),
        # An IPv6 address must stand in brackets here, an IPv4 address may.
        "health_check": {"endpoint": f"[{_POD_IP}]:{HEALTH_PORT}"},
        **(exporters.authenticate(remote) if remote else {}),
    }


def _exporters(pipeline: Pipeline) -> dict[str, Any]:
    host = f"{PROMETHEUS_SERVICE}.{pipeline.cluster.namespace}.svc:{PROMETHEUS_PORT}"
    out = {exporters.TO_PROMETHEUS: exporters.send_to_prometheus(pipeline, f"http://{host}{exporters.OTLP_PATH}")}
    if pipeline.storage.remote is not None:
        out[exporters.TO_REMOTE] = exporters.send_to_remote(pipeline, pipeline.storage.remote)
    return out
