"""``otel-rbac-ns.yaml``: namespaces, the accounts of what asks the API server, and their few rights."""

from __future__ import annotations

from typing import Any

from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.names import COLLECTOR, PROMETHEUS, cluster_name, labels_of, metadata
from kubeglass.render.kubernetes.security import namespace_labels

_RBAC = "rbac.authorization.k8s.io/v1"
_READ = ["get", "list", "watch"]

#: What the collector asks the API server and the kubelets; `nodes/proxy` would allow running commands in any pod
#: (https://kubernetes.io/docs/concepts/security/rbac-good-practices/), so the kubelet's statistics are named alone.
COLLECTOR_RULES: tuple[dict[str, Any], ...] = (
    {"apiGroups": [""], "resources": ["nodes/stats"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["pods", "namespaces", "nodes"], "verbs": _READ},
    {"apiGroups": ["apps"], "resources": ["replicasets"], "verbs": _READ},
)

#: What Prometheus asks, in its own namespace only: where the collectors are.
PROMETHEUS_RULES: tuple[dict[str, Any], ...] = ({"apiGroups": [""], "resources": ["pods"], "verbs": _READ},)


def build(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Namespaces first, then accounts, roles and bindings."""
    home = pipeline.cluster.namespace
    names = dict.fromkeys((home, pipeline.cluster.apps_run_in))
    return [
        *(_namespace(pipeline, name) for name in names),
        _account(COLLECTOR, "collector", home),
        _account(PROMETHEUS, "storage", home),
        *_cluster_role(pipeline),
        *_role(home),
    ]


def _namespace(pipeline: Pipeline, name: str) -> dict[str, Any]:
    security, reasons = namespace_labels(pipeline, name)
    notes = {"annotations": reasons} if reasons else {}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {**labels_of(name, "pipeline"), **security}, **notes},
    }


def _account(name: str, component: str, namespace: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(name, component, namespace)}


def _cluster_role(pipeline: Pipeline) -> list[dict[str, Any]]:
    name = cluster_name(pipeline, COLLECTOR)
    about = {"name": name, "labels": labels_of(COLLECTOR, "collector")}
    rules = COLLECTOR_RULES if pipeline.collector.kubelet.enabled else COLLECTOR_RULES[1:]
    return [
        {"apiVersion": _RBAC, "kind": "ClusterRole", "metadata": about, "rules": list(rules)},
        {
            "apiVersion": _RBAC,
            "kind": "ClusterRoleBinding",
            "metadata": about,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [_subject(COLLECTOR, pipeline.cluster.namespace)],
        },
    ]


def _role(namespace: str) -> list[dict[str, Any]]:
    about = metadata(PROMETHEUS, "storage", namespace)
    return [
        {"apiVersion": _RBAC, "kind": "Role", "metadata": about, "rules": list(PROMETHEUS_RULES)},
        {
            "apiVersion": _RBAC,
            "kind": "RoleBinding",
            "metadata": about,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": PROMETHEUS},
            "subjects": [_subject(PROMETHEUS, namespace)],
        },
    ]


def _subject(name: str, namespace: str) -> dict[str, str]:
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}
