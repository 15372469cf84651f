"""Pods push to the collector of their node, from the namespaces that are scraped, unless that is switched off."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.model.load import parse_pipeline
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.otelcol.config import build_cluster
from kubeglass.render.plan import compose

TEXT = """
apps: [{name: shop, image: shop, namespace: shops}]
cluster: {namespace: watch, app_namespace: apps}
"""
PORTS = {"otlp-grpc": 4317, "otlp-http": 4318}


def find(text: str, kind: str) -> dict[str, Any] | None:
    pipeline = parse_pipeline(text)
    items = (item for items in build(pipeline, compose(pipeline)).values() for item in items)
    return next((item for item in items if (item["kind"], item["metadata"]["name"]) == (kind, "otel-collector")), None)


def peers(text: str) -> list[Any]:
    policy = find(text, "NetworkPolicy")
    assert policy is not None
    rules = [rule for rule in policy["spec"]["ingress"] if 4318 in {port["port"] for port in rule["ports"]}]
    return [peer for rule in rules for peer in rule["from"]]


def test_the_service_leads_to_the_collector_of_the_own_node_and_nowhere_else() -> None:
    service, daemon_set = find(TEXT, "Service"), find(TEXT, "DaemonSet")
    assert service is not None
    assert daemon_set is not None
    (container,) = daemon_set["spec"]["template"]["spec"]["containers"]

    assert service["spec"]["internalTrafficPolicy"] == "Local"
    assert {port["targetPort"]: port["port"] for port in service["spec"]["ports"]} == PORTS
    assert service["spec"]["selector"].items() <= daemon_set["spec"]["template"]["metadata"]["labels"].items()
    assert PORTS.items() <= {port["name"]: port["containerPort"] for port in container["ports"]}.items()


@pytest.mark.parametrize(
    ("collector", "namespaces"),
    [("{}", ["watch", "apps", "shops"]), ("{scrape_namespaces: [batch]}", ["watch", "apps", "shops", "batch"])],
)
def test_only_pods_of_the_scraped_namespaces_may_push(collector: str, namespaces: list[str]) -> None:
    expression = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": namespaces}

    assert peers(f"{TEXT}collector: {collector}") == [{"namespaceSelector": {"matchExpressions": [expression]}}]


def test_every_pod_may_push_if_every_namespace_is_scraped() -> None:
    assert peers(f"{TEXT}collector: {{scrape_namespaces: all}}") == [{"namespaceSelector": {}}]


def test_what_is_pushed_goes_through_the_same_limiter_and_queue_and_is_named_by_its_pod() -> None:
    pipelines = build_cluster(parse_pipeline(TEXT))["service"]["pipelines"]
    pushed, scraped = pipelines["metrics/pushed"], pipelines["metrics/apps"]

    assert pushed["receivers"] == ["otlp"]
    assert pushed["exporters"] == scraped["exporters"]
    assert pushed["processors"] == [*scraped["processors"], "resource/pushed"]


def test_switched_off_it_leaves_no_trace() -> None:
    text = f"{TEXT}collector: {{otlp: {{enabled: false}}}}"
    document, daemon_set = build_cluster(parse_pipeline(text)), find(text, "DaemonSet")

    assert find(text, "Service") is None
    assert peers(text) == []
    assert "otlp" not in document["receivers"]
    assert "4318" not in str(daemon_set)
