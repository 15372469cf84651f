"""A policy that keeps the collector out is named, and none that lets it in."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.existing.policies import Visitor, find_barriers, write_rule

POD = {
    "metadata": {"name": "blog-1", "namespace": "blogs", "labels": {"app": "blog"}},
    "spec": {"containers": [{"name": "b", "ports": [{"containerPort": 8000, "name": "http"}]}]},
}
COLLECTOR = {
    "metadata": {"namespace": "observability", "labels": {"app.kubernetes.io/name": "otel-collector"}},
    "status": {"podIP": "10.0.0.7"},
}
HOME = {"kubernetes.io/metadata.name": "observability", "team": "platform"}
OURS = {"matchLabels": {"app.kubernetes.io/name": "otel-collector"}}


def make_policy(*ingress: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "guard"}, "spec": {"podSelector": {}, "ingress": list(ingress), **spec}}


def find(*policies: dict[str, Any]) -> list[str]:
    return find_barriers(policies, POD, 8000, Visitor(COLLECTOR, HOME))


@pytest.mark.parametrize(
    "policy",
    [
        make_policy(),
        make_policy(podSelector={"matchLabels": {"app": "blog"}}, policyTypes=["Ingress", "Egress"]),
        make_policy({"from": [{"podSelector": {}}]}),
        make_policy({"from": [{"podSelector": OURS}]}),
        make_policy({"from": [{"namespaceSelector": {"matchLabels": {"team": "web"}}}]}),
        make_policy({"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}]}),
        make_policy({"ports": [{"port": 8001}]}),
        make_policy({"ports": [{"port": "metrics"}]}),
        make_policy({"ports": [{"port": 8000, "protocol": "UDP"}]}),
        make_policy({"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/24"]}}]}),
        make_policy(podSelector={"matchExpressions": [{"key": "app", "operator": "In", "values": ["blog"]}]}),
        make_policy(podSelector={"matchExpressions": [{"key": "db", "operator": "DoesNotExist"}]}),
    ],
)
def test_a_policy_that_does_not_admit_the_collector_is_named(policy: dict[str, Any]) -> None:
    assert find(policy) == ["guard"]


@pytest.mark.parametrize(
    "policy",
    [
        make_policy({}),
        make_policy({"from": [{"namespaceSelector": {}}]}),
        make_policy({"from": [{"namespaceSelector": {"matchLabels": {"team": "platform"}}, "podSelector": OURS}]}),
        make_policy({"ports": [{"port": "http"}]}),
        make_policy({"ports": [{"port": 7000, "endPort": 9000}]}),
        make_policy({"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}),
        make_policy(podSelector={"matchLabels": {"app": "other"}}),
        make_policy(podSelector={"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["blog"]}]}),
        make_policy(podSelector={"matchExpressions": [{"key": "db", "operator": "Exists"}]}),
        make_policy(policyTypes=["Egress"]),
    ],
)
def test_a_policy_that_admits_it_or_guards_others_is_not(policy: dict[str, Any]) -> None:
    assert find(policy) == []


def test_one_policy_that_admits_is_enough() -> None:
    assert find(make_policy(), make_policy({})) == []


def test_the_rule_to_add_is_yaml() -> None:
    assert write_rule("observability", 8000) == (
        "{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: observability}}, podSelector:"
        " {matchLabels: {app.kubernetes.io/name: otel-collector}}}], ports: [{port: 8000, protocol: TCP}]}"
    )
