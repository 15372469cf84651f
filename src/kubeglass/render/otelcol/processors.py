"""Processors, and the service section that says in which order they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.quantity import parse_memory

MEBIBYTE = 1024 * 1024

#: Attributes of a pod that become labels; its uid would make new series at every restart of a StatefulSet's pod.
POD_ATTRIBUTES = (
    "k8s.namespace.name",
    "k8s.pod.name",
    "k8s.pod.uid",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.node.name",
)


def limit_memory(pipeline: Pipeline) -> dict[str, Any]:
    """Refuse data before the kernel kills the process: hard limit at 80 % of the memory, soft limit a fifth below.

    It counts the heap, which stays far below (about 30 MiB with ten thousand series), so it acts only when something
    is wrong. A refused scrape is lost, but counters lose nothing by it: the next scrape carries the same total. What is
    queued on disk does not count. The proportions are those the processor's documentation recommends.
    """
    memory = pipeline.collector.resources.limits.memory
    if memory is None:
        return {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 16}
    limit = parse_memory(memory) * 8 // 10 // MEBIBYTE
    return {"check_interval": "1s", "limit_mib": limit, "spike_limit_mib": limit // 5}


def add_pod_attributes() -> dict[str, Any]:
    """Add each metric's deployment, pod and node, watching only the collector's own node."""
    return {
        "auth_type": "serviceAccount",
        "filter": {"node_from_env_var": "K8S_NODE_NAME"},
        "extract": {"metadata": list(POD_ATTRIBUTES)},
        # The collector opens the connection of a scrape, so only these attributes tell which pod it is.
        "pod_association": [
            {"sources": [{"from": "resource_attribute", "name": "k8s.pod.uid"}]},
            {
                "sources": [
                    {"from": "resource_attribute", "name": "k8s.pod.name"},
                    {"from": "resource_attribute", "name": "k8s.namespace.name"},
                ]
            },
        ],
    }


def name_source(job: str, instance: str) -> dict[str, Any]:
    """Set ``job`` and ``instance`` on metrics that come from no scrape; every query expects them."""
    return {
        "attributes": [
            {"action": "upsert", "key": "service.name", "value": job},
            {"action": "upsert", "key": "service.instance.id", "value": instance},
        ]
    }


def serve(
    extensions: Mapping[str, Any],
    pipelines: Mapping[str, tuple[str, list[str]]],
    exporters: Mapping[str, Any],
    telemetry: tuple[str, int],
) -> dict[str, Any]:
    """Join the parts.

    Args:
        extensions: every extension, by id; all of them run.
        pipelines: for each pipeline its receiver and the processors between the first, which is always the memory
            limiter (https://github.com/open-telemetry/opentelemetry-collector/tree/main/processor#recommended-processors),
            and the exporters' own batching, which stands for the batch processor that would be last.
        exporters: every exporter, by id; each pipeline feeds all of them.
        telemetry: host and port where the collector exposes its own metrics.
    """
    host, port = telemetry
    reader = {"pull": {"exporter": {"prometheus": {"host": host, "port": port}}}}
    return {
        "extensions": list(extensions),
        "telemetry": {"metrics": {"level": "normal", "readers": [reader]}},
        "pipelines": {
            name: {
                "receivers": [receiver],
                "processors": ["memory_limiter", *processors],
                "exporters": list(exporters),
            }
            for name, (receiver, processors) in pipelines.items()
        },
    }
