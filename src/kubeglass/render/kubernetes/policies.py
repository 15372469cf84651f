"""``network-policy.yaml``: who may connect to whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kubeglass.model.parts import (
    COLLECTOR,
    GRAFANA,
    GRAFANA_PORT,
    OTLP_GRPC_PORT,
    OTLP_PORT,
    PROMETHEUS,
    PROMETHEUS_PORT,
    TELEMETRY_PORT,
    VIEWER,
    VIEWER_PORT,
)
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.render.kubernetes.names import NAMESPACE_NAME, deployed_apps, describe, metadata, selector_of

Rule = dict[str, Any]

#: Where API servers listen: K3s and kubeadm, managed clusters, MicroK8s. Policies see a Service's real port.
API_SERVER_PORTS = (6443, 443, 16443)
#: Names are asked for everywhere: a node's own cache answers at an address of the node, which no selector matches.
_DNS: Rule = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}


def build(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Build one policy for each part; none if network policies are off.

    Apps and the collector may connect anywhere: an app's databases are its own affair, and the collector must reach
    pods on the hosts' network, which no selector matches.
    """
    cluster = pipeline.cluster
    if not cluster.security.network_policy:
        return []
    home = cluster.namespace
    return [
        _policy(COLLECTOR, "collector", home, list(_to_collector(pipeline))),
        _prometheus(home),
        *_pages(pipeline),
        *(_app(app, pipeline) for app in deployed_apps(pipeline)),
    ]


def _to_collector(pipeline: Pipeline) -> Iterator[Rule]:
    yield _allow("from", [_pods(PROMETHEUS)], TELEMETRY_PORT)
    if pipeline.collector.otlp.enabled:
        named = [{"key": NAMESPACE_NAME, "operator": "In", "values": list(pipeline.scraped_namespaces)}]
        # Without names, any namespace, as for scrapes.
        pods = {"namespaceSelector": {"matchExpressions": named} if pipeline.scraped_namespaces else {}}
        yield _allow("from", [pods], OTLP_GRPC_PORT, OTLP_PORT)


def _prometheus(home: str) -> dict[str, Any]:
    readers = [_pods(name) for name in (COLLECTOR, GRAFANA, VIEWER)]
    egress = [_DNS, _allow("to", [_pods(COLLECTOR)], TELEMETRY_PORT), _allow("to", [], *API_SERVER_PORTS)]
    return _policy(PROMETHEUS, "storage", home, [_allow("from", readers, PROMETHEUS_PORT)], egress)


def _pages(pipeline: Pipeline) -> list[dict[str, Any]]:
    cluster = pipeline.cluster
    egress = [_DNS, _allow("to", [_pods(PROMETHEUS)], PROMETHEUS_PORT)]
    # A page that is not exposed is reached by port-forward, which the kubelet opens inside the pod.
    return [
        _policy(name, "pages", cluster.namespace, [_allow("from", [], port)] if page.is_exposed else [], egress)
        for name, runs, page, port in (
            (GRAFANA, cluster.runs_grafana, cluster.grafana, GRAFANA_PORT),
            (VIEWER, cluster.viewer.enabled, cluster.viewer, VIEWER_PORT),
        )
        if runs
    ]


def _app(app: App, pipeline: Pipeline) -> dict[str, Any]:
    allowed = [_allow("from", [], app.port), admit_collectors(pipeline.cluster.namespace, app.metrics_port_number)]
    return _policy(app.name, "app", pipeline.namespace_of(app), allowed)


def admit_collectors(home: str, port: int) -> Rule:
    """Build the rule that lets the collectors of namespace ``home`` connect to a port."""
    collectors = {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: home}}} | _pods(COLLECTOR)
    return _allow("from", [collectors], port)


def _policy(
    name: str, component: str, namespace: str, ingress: Sequence[Rule], egress: Sequence[Rule] = ()
) -> dict[str, Any]:
    """Build the policy of one part's pods; without ``egress`` they may connect anywhere."""
    types = ["Ingress", *(["Egress"] if egress else [])]
    # The server drops an empty list, and kubectl would set it again at every apply.
    rules = {kind: list(each) for kind, each in (("ingress", ingress), ("egress", egress)) if each}
    return describe(
        "NetworkPolicy", metadata(name, component, namespace), spec={**_pods(name), "policyTypes": types, **rules}
    )


def _pods(name: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": selector_of(name)}}


def _allow(direction: str, peers: Sequence[dict[str, Any]], *ports: int) -> Rule:
    """Allow connections ``from`` or ``to`` the peers; no peers means everybody."""
    who = {direction: list(peers)} if peers else {}
    return {**who, "ports": [{"port": port, "protocol": "TCP"} for port in ports]}
