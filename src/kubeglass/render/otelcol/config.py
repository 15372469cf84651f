"""The collector's configuration, for a local run and for each node of a cluster.

On a cluster, :mod:`kubeglass.render.kubernetes.collector` puts it into a ConfigMap. The pod that reads it needs the
environment variables ``K8S_NODE_NAME``, ``K8S_NODE_IP`` and ``K8S_POD_IP`` (downward API) and those of
:attr:`kubeglass.model.pipeline.Pipeline.collector_secrets`, a folder of its node at :data:`QUEUE_DIRECTORY` and, when
host metrics are on, the folders that :func:`kubeglass.render.otelcol.receivers.host_folders` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from kubeglass.model.local import LocalSettings
from kubeglass.model.parts import HEALTH_PORT, LOOPBACK, PROMETHEUS, PROMETHEUS_PORT, TELEMETRY_PORT
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.quantity import parse_memory
from kubeglass.render.files import RenderedFile
from kubeglass.render.otelcol import exporters, receivers
from kubeglass.render.yaml import dump_yaml

PATH = PurePosixPath("otelcol/config.yaml")

#: Where a cluster's pod mounts its node's folder for the queue.
QUEUE_DIRECTORY = "/var/lib/otelcol/queue"

#: The processor that adds attributes of pods.
ATTRIBUTES = "k8s_attributes"

#: Attributes of a pod that become labels; its uid would make new series at every restart of a StatefulSet's pod.
POD_ATTRIBUTES = (
    "k8s.namespace.name",
    "k8s.pod.name",
    "k8s.pod.uid",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.job.name",
    "k8s.cronjob.name",
    "k8s.node.name",
)

_MEBIBYTE = 1024 * 1024
_NODE = "${env:K8S_NODE_NAME}"
_POD_IP = "${env:K8S_POD_IP}"


@dataclass(frozen=True, slots=True)
class _Source:
    """What one pipeline reads: a receiver by id, and its own processors by id, in order."""

    receiver: str
    settings: Mapping[str, Any]
    processors: Mapping[str, Any] = field(default_factory=dict)


def render(pipeline: Pipeline, settings: LocalSettings) -> list[RenderedFile]:
    """Render the configuration file of a local run."""
    return [RenderedFile(PATH, dump_yaml(build_local(pipeline, settings)))]


def build_local(pipeline: Pipeline, settings: LocalSettings) -> dict[str, Any]:
    """Scrape every app, receive what others push, and send both to Prometheus through a queue on disk."""
    ports = settings.ports
    sources = {
        "apps": _Source("prometheus", receivers.scrape_apps(pipeline, settings)),
        "pushed": _Source("otlp", receivers.receive_pushes(settings)),
    }
    if pipeline.collector.host_metrics.enabled:
        name = {"resource/host": _name_source("host", "localhost")}
        sources["host"] = _Source("host_metrics", receivers.read_host(pipeline), name)
    return _join(
        pipeline,
        sources,
        prometheus=settings.url(ports.prometheus),
        queue=str(settings.queue),
        health=f"{LOOPBACK}:{ports.otelcol_health}",
        telemetry=(LOOPBACK, ports.otelcol_telemetry),
    )


def build_cluster(pipeline: Pipeline) -> dict[str, Any]:
    """Build the configuration of the collector on one node; the same document serves every node."""
    pods = _add_pod_attributes(pipeline)
    sources = {"apps": _Source("prometheus", receivers.scrape_pods(pipeline), pods)}
    # The attributes of a pod in a namespace that is not scraped are not known, but its node is.
    node = {"action": "insert", "key": "k8s.node.name", "value": _NODE}
    if pipeline.collector.otlp.enabled:
        # Without an instance, the series of two pods that push the same metric would be one.
        instance = {"action": "insert", "key": "service.instance.id", "from_attribute": "k8s.pod.name"}
        named = {"resource/pushed": {"attributes": [instance, node]}}
        sources["pushed"] = _Source("otlp", receivers.receive_from_pods(), pods | named)
    if pipeline.collector.kubelet.enabled:
        name = {"resource/kubelet": _name_source("kubelet", _NODE, node)}
        sources["kubelet"] = _Source("kubelet_stats", receivers.read_kubelet(pipeline), name | pods)
    if receivers.node_scrapers(pipeline):
        host = receivers.read_host(pipeline, root=receivers.HOST_ROOT)
        sources["host"] = _Source("host_metrics", host, {"resource/host": _name_source("host", _NODE)})
    return _join(
        pipeline,
        sources,
        prometheus=f"http://{PROMETHEUS}.{pipeline.cluster.namespace}.svc:{PROMETHEUS_PORT}",
        queue=QUEUE_DIRECTORY,
        # An IPv6 address must be in brackets here, an IPv4 address may be.
        health=f"[{_POD_IP}]:{HEALTH_PORT}",
        telemetry=(_POD_IP, TELEMETRY_PORT),
    )


def _join(
    pipeline: Pipeline,
    sources: Mapping[str, _Source],
    *,
    prometheus: str,
    queue: str,
    health: str,
    telemetry: tuple[str, int],
) -> dict[str, Any]:
    """Send every source to every exporter.

    Each pipeline starts with the memory limiter, as
    https://github.com/open-telemetry/opentelemetry-collector/tree/main/processor#recommended-processors says; the
    exporters' own batching replaces the batch processor that would be last.
    """
    processors: dict[str, Any] = {"memory_limiter": _limit_memory(pipeline)}
    for source in sources.values():
        processors |= source.processors
    sent = exporters.send(pipeline, prometheus)
    extensions = {
        exporters.QUEUE: exporters.keep_queue(pipeline, queue),
        "health_check": {"endpoint": health},
        **exporters.authenticate(pipeline.storage.remote),
    }
    host, port = telemetry
    reader = {"pull": {"exporter": {"prometheus": {"host": host, "port": port}}}}
    return {
        "extensions": extensions,
        "receivers": {source.receiver: source.settings for source in sources.values()},
        "processors": processors,
        "exporters": sent,
        "service": {
            "extensions": list(extensions),
            "telemetry": {"metrics": {"level": "normal", "readers": [reader]}},
            "pipelines": {
                f"metrics/{name}": {
                    "receivers": [source.receiver],
                    "processors": ["memory_limiter", *source.processors],
                    "exporters": list(sent),
                }
                for name, source in sources.items()
            },
        },
    }


def _limit_memory(pipeline: Pipeline) -> dict[str, Any]:
    """Refuse data before the kernel kills the process: hard limit at 80 % of the memory, soft limit a fifth below.

    It counts the heap, which stays far below (about 30 MiB with ten thousand series), so it acts only when something
    is wrong. A refused scrape is lost, but counters lose nothing by it: the next scrape carries the same total. What is
    queued on disk does not count. The proportions are those the processor's documentation recommends.
    """
    memory = pipeline.collector.resources.limits.memory
    if memory is None:
        return {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 16}
    limit = parse_memory(memory) * 8 // 10 // _MEBIBYTE
    return {"check_interval": "1s", "limit_mib": limit, "spike_limit_mib": limit // 5}


def _add_pod_attributes(pipeline: Pipeline) -> dict[str, Any]:
    """Add each metric's deployment, pod and node, watching only the collector's own node.

    A processor watches one namespace, or with the right to it all of them.
    """
    # The collector opens the connection of a scrape, so only these attributes tell which pod it is. A pod that pushes
    # is told by its address too, unless it is so new that the API server does not know its address yet.
    uid, name, namespace = (
        {"from": "resource_attribute", "name": f"k8s.{key}"} for key in ("pod.uid", "pod.name", "namespace.name")
    )
    node = {"node_from_env_var": "K8S_NODE_NAME"}
    settings = {
        "auth_type": "serviceAccount",
        "filter": node,
        "extract": {"metadata": list(POD_ATTRIBUTES)},
        "pod_association": [{"sources": each} for each in ([uid], [name, namespace], [{"from": "connection"}])],
    }
    if not pipeline.watched_namespaces:
        return {ATTRIBUTES: settings}
    return {
        f"{ATTRIBUTES}/{watched}": {**settings, "filter": {**node, "namespace": watched}}
        for watched in pipeline.watched_namespaces
    }


def _name_source(job: str, instance: str, *more: Mapping[str, str]) -> dict[str, Any]:
    """Set ``job`` and ``instance`` on metrics that come from no scrape; every query expects them."""
    names = {"service.name": job, "service.instance.id": instance}
    upserts = ({"action": "upsert", "key": key, "value": value} for key, value in names.items())
    return {"attributes": [*upserts, *more]}
