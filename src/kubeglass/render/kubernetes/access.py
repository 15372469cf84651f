"""``otel-rbac-ns.yaml`` and ``network-policy.yaml``: who may ask the API server what, and who may connect to whom."""

from __future__ import annotations

from typing import Any

from kubeglass.model.parts import (
    COLLECTOR,
    GRAFANA,
    GRAFANA_PORT,
    PROMETHEUS,
    PROMETHEUS_PORT,
    TELEMETRY_PORT,
    VIEWER,
    VIEWER_PORT,
)
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.render.kubernetes.names import (
    NAMESPACE_NAME,
    cluster_name,
    deployed_apps,
    labels_of,
    metadata,
    selector_of,
)
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


def build_accounts(pipeline: Pipeline) -> list[dict[str, Any]]:
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


#: A rule without ``from`` allows every peer.
ANYBODY: tuple[dict[str, Any], ...] = ()


def build_policies(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Return one policy for each part; none if network policies are off."""
    if not pipeline.cluster.security.network_policy:
        return []
    home = pipeline.cluster.namespace
    readers = tuple({"podSelector": {"matchLabels": selector_of(name)}} for name in (COLLECTOR, GRAFANA, VIEWER))
    prometheus = ({"podSelector": {"matchLabels": selector_of(PROMETHEUS)}},)
    policies = [
        _policy(COLLECTOR, "collector", home, [_allow(TELEMETRY_PORT, prometheus)]),
        _policy(PROMETHEUS, "storage", home, [_allow(PROMETHEUS_PORT, readers)]),
    ]
    cluster = pipeline.cluster
    for name, runs, page, port in (
        (GRAFANA, cluster.runs_grafana, cluster.grafana, GRAFANA_PORT),
        (VIEWER, cluster.viewer.enabled, cluster.viewer, VIEWER_PORT),
    ):
        if runs:
            # Without a node port, users connect by port-forward, which the kubelet opens inside the pod.
            opened = [] if page.node_port is None else [_allow(port, ANYBODY)]
            policies.append(_policy(name, "pages", home, opened))
    return [*policies, *(_app_policy(app, pipeline) for app in deployed_apps(pipeline))]


def _app_policy(app: App, pipeline: Pipeline) -> dict[str, Any]:
    collector = {
        "namespaceSelector": {"matchLabels": {NAMESPACE_NAME: pipeline.cluster.namespace}},
        "podSelector": {"matchLabels": selector_of(COLLECTOR)},
    }
    allowed = [_allow(app.port, ANYBODY), _allow(app.metrics_port, (collector,))]
    return _policy(app.name, "app", pipeline.cluster.apps_run_in, allowed)


def _policy(name: str, component: str, namespace: str, ingress: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, component, namespace),
        "spec": {
            "podSelector": {"matchLabels": selector_of(name)},
            "policyTypes": ["Ingress"],
            # The server drops an empty list, and kubectl would set it again at every apply.
            **({"ingress": ingress} if ingress else {}),
        },
    }


def _allow(port: int, peers: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    who = {"from": list(peers)} if peers else {}
    return {**who, "ports": [{"port": port, "protocol": "TCP"}]}
