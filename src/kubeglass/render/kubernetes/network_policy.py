"""``network-policy.yaml``: who may open a connection to whom; everything not named here is refused.

Probes come from the node itself, which every network plugin lets through. Outgoing connections are left alone: the
collector and Prometheus ask the API server, whose address no policy can name on every cluster.
"""

from __future__ import annotations

from typing import Any

from kubeglass.model.app import App
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.contents import CollectorSetup
from kubeglass.render.kubernetes.names import (
    COLLECTOR,
    GRAFANA,
    GRAFANA_PORT,
    NAMESPACE_NAME,
    PROMETHEUS,
    PROMETHEUS_PORT,
    VIEWER,
    VIEWER_PORT,
    deployed_apps,
    metadata,
    selector_of,
)

#: An entry without ``from`` lets everybody in.
ANYBODY: tuple[dict[str, Any], ...] = ()


def build(pipeline: Pipeline, setup: CollectorSetup) -> list[dict[str, Any]]:
    """One policy for each part; none when they are switched off."""
    if not pipeline.cluster.security.network_policy:
        return []
    home = pipeline.cluster.namespace
    readers = tuple({"podSelector": {"matchLabels": selector_of(name)}} for name in (COLLECTOR, GRAFANA, VIEWER))
    prometheus = ({"podSelector": {"matchLabels": selector_of(PROMETHEUS)}},)
    policies = [
        _policy(COLLECTOR, "collector", home, [_allow(setup.telemetry_port, prometheus)]),
        _policy(PROMETHEUS, "storage", home, [_allow(PROMETHEUS_PORT, readers)]),
    ]
    cluster = pipeline.cluster
    for name, runs, page, port in (
        (GRAFANA, cluster.runs_grafana, cluster.grafana, GRAFANA_PORT),
        (VIEWER, cluster.viewer.enabled, cluster.viewer, VIEWER_PORT),
    ):
        if runs:
            # Without a node port people come by port-forward, which the kubelet opens inside the pod.
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
            # The server forgets an empty list, and kubectl would set it again at every apply.
            **({"ingress": ingress} if ingress else {}),
        },
    }


def _allow(port: int, peers: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    who = {"from": list(peers)} if peers else {}
    return {**who, "ports": [{"port": port, "protocol": "TCP"}]}
