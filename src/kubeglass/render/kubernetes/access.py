"""``otel-rbac-ns.yaml``: namespaces, and who may read from the API server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubeglass.model.parts import COLLECTOR, PROMETHEUS
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.cluster import PodSecurity
from kubeglass.render.kubernetes.names import cluster_name, deployed_apps, describe, labels_of, metadata

_READ = ["get", "list", "watch"]

_PODS: dict[str, Any] = {"apiGroups": [""], "resources": ["pods"], "verbs": _READ}
#: What the collector reads of the kubelets; `nodes/proxy` would allow running commands in any pod
#: (https://kubernetes.io/docs/concepts/security/rbac-good-practices/), so the statistics are named alone.
_STATISTICS: dict[str, Any] = {"apiGroups": [""], "resources": ["nodes/stats"], "verbs": ["get"]}

#: What Prometheus reads, in its own namespace only: where the collectors are.
PROMETHEUS_RULES: tuple[dict[str, Any], ...] = (_PODS,)

_ENFORCE = "pod-security.kubernetes.io/enforce"
_AUDIT = "pod-security.kubernetes.io/audit"
_REASON = "kubernetes.io/description"


def build_accounts(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Build namespaces, then accounts, roles and bindings."""
    home = pipeline.cluster.namespace
    return [
        *(_namespace(pipeline, name) for name in pipeline.own_namespaces),
        describe("ServiceAccount", metadata(COLLECTOR, "collector", home)),
        describe("ServiceAccount", metadata(PROMETHEUS, "storage", home)),
        *_grant_to_collector(pipeline),
        *_grant("Role", metadata(PROMETHEUS, "storage", home), PROMETHEUS_RULES, PROMETHEUS, home),
    ]


def _namespace(pipeline: Pipeline, name: str) -> dict[str, Any]:
    """Build a namespace that enforces a Pod Security level, with the reason if that is not the chosen one."""
    level = pipeline.cluster.security.pod_security.value
    reason = _exception(pipeline, name)
    security = {_ENFORCE: PodSecurity.PRIVILEGED.value if reason else level, _AUDIT: level}
    notes = {"annotations": {_REASON: reason}} if reason else {}
    return describe("Namespace", {"name": name, "labels": {**labels_of(name, "pipeline"), **security}, **notes})


def _exception(pipeline: Pipeline, namespace: str) -> str:
    if namespace == pipeline.cluster.namespace:
        host = " and reads the node's files to measure it" if pipeline.collector.host_metrics.enabled else ""
        return f"the collector keeps its queue in a folder of the node{host}, which only this level allows"
    apps = (app for app in deployed_apps(pipeline) if pipeline.namespace_of(app) == namespace)
    mounted = [app.name for app in apps if app.host_path is not None]
    return (
        f"the source of {', '.join(mounted)} is mounted from the node, which only this level allows" if mounted else ""
    )


def _grant_to_collector(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Let the collector read pods in the namespaces that it scrapes, and the kubelets' statistics."""
    home, watched = pipeline.cluster.namespace, pipeline.watched_namespaces
    # Two pipelines may scrape the same namespace.
    name = cluster_name(pipeline, COLLECTOR)
    everywhere = [*([_STATISTICS] if pipeline.collector.kubelet.enabled else []), *([] if watched else [_PODS])]
    about = {"name": name, "labels": labels_of(COLLECTOR, "collector")}
    return [
        *(_grant("ClusterRole", about, everywhere, COLLECTOR, home) if everywhere else []),
        *(
            item
            for namespace in watched
            for item in _grant("Role", {**about, "namespace": namespace}, [_PODS], COLLECTOR, home)
        ),
    ]


def _grant(
    role: str, about: Mapping[str, Any], rules: Iterable[Mapping[str, Any]], account: str, namespace: str
) -> list[dict[str, Any]]:
    """Build a role of the kind ``role``, and its binding to a ServiceAccount."""
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": about["name"]}
    subject = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
    return [
        describe(role, about, rules=list(rules)),
        describe(f"{role}Binding", about, roleRef=reference, subjects=[subject]),
    ]
