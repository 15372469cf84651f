"""Prometheus's configuration on a cluster, as data: render/kubernetes puts it and the rule files into ConfigMaps."""

from __future__ import annotations

from typing import Any

from kubeglass.model.pipeline import Pipeline
from kubeglass.render.prometheus.parts import base_document

#: Where the pod finds its rule files.
RULES_DIRECTORY = "/etc/prometheus/rules"
#: ``app.kubernetes.io/name`` of the collector's pods, and the name of their container port with the telemetry.
COLLECTOR_NAME = "otel-collector"
TELEMETRY_PORT_NAME = "telemetry"

#: Without these two pods' series could not be told apart; a pod's uid is left out, as it changes with every restart.
PROMOTED_ATTRIBUTES = (
    "k8s.namespace.name",
    "k8s.pod.name",
    "k8s.container.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.node.name",
    "k8s.volume.name",
)


def build(pipeline: Pipeline) -> dict[str, Any]:
    """Build the configuration; Prometheus's ServiceAccount must be allowed to list and watch pods of its namespace."""
    base = base_document(pipeline, rules=f"{RULES_DIRECTORY}/*.yml", promoted=PROMOTED_ATTRIBUTES)
    return {**base, "scrape_configs": [_collectors(pipeline), _itself(), *_static_targets(pipeline)]}


def _collectors(pipeline: Pipeline) -> dict[str, Any]:
    selector = {"role": "pod", "label": f"app.kubernetes.io/name={COLLECTOR_NAME}"}
    return {
        "job_name": COLLECTOR_NAME,
        "kubernetes_sd_configs": [
            {"role": "pod", "namespaces": {"names": [pipeline.cluster.namespace]}, "selectors": [selector]}
        ],
        "relabel_configs": [
            {
                "action": "keep",
                "source_labels": ["__meta_kubernetes_pod_container_port_name"],
                "regex": TELEMETRY_PORT_NAME,
            },
            {"source_labels": ["__meta_kubernetes_pod_node_name"], "target_label": "k8s_node_name"},
        ],
    }


def _itself() -> dict[str, Any]:
    return {"job_name": "prometheus", "static_configs": [{"targets": ["localhost:9090"]}]}


def _static_targets(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Scrape targets outside the cluster from here: the collector runs on every node, and each would scrape them."""
    return [
        {
            "job_name": app.name,
            "metrics_path": app.metrics_path,
            "static_configs": [{"targets": [app.target]}],
        }
        for app in pipeline.apps
        if app.target is not None
    ]
