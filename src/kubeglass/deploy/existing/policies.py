"""Which NetworkPolicies of a pod's namespace keep the collector out."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubeglass.deploy.api.objects import KubernetesObject
from kubeglass.deploy.existing.ports import list_ports
from kubeglass.render.kubernetes.policies import admit_collectors

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Visitor:
    """A pod that connects to others, with the labels of its namespace, which are empty if they may not be read."""

    pod: KubernetesObject
    namespace_labels: Labels


def find_barriers(
    policies: Sequence[KubernetesObject], pod: KubernetesObject, port: int, visitor: Visitor
) -> list[str]:
    """Return the policies that select ``pod``, if none of them lets the visitor connect to ``port``."""
    guards = [item for item in policies if _guards(item, pod)]
    rules = [rule for item in guards for rule in item["spec"].get("ingress") or []]
    if any(_has_port(rule, pod, port) and _admits(rule, pod, visitor) for rule in rules):
        return []
    return sorted(item["metadata"]["name"] for item in guards)


def write_rule(home: str, port: int) -> str:
    """Return the rule that admits the collectors of the pipeline of namespace ``home``, in one line of YAML."""
    return json.dumps(admit_collectors(home, port)).replace('"', "")


def _guards(policy: KubernetesObject, pod: KubernetesObject) -> bool:
    spec = policy["spec"]
    return "Ingress" in (spec.get("policyTypes") or ["Ingress"]) and _selects(spec.get("podSelector"), _labels_of(pod))


def _has_port(rule: Mapping[str, Any], pod: KubernetesObject, port: int) -> bool:
    names = {name for number, name in list_ports(pod) if number == port}
    return not rule.get("ports") or any(_is_port(each, port, names) for each in rule["ports"])


def _is_port(allowed: Mapping[str, Any], port: int, names: set[str]) -> bool:
    if allowed.get("protocol", "TCP") != "TCP":
        return False
    first = allowed.get("port")
    if isinstance(first, int):
        return first <= port <= int(allowed.get("endPort", first))
    return first is None or first in names


def _admits(rule: Mapping[str, Any], pod: KubernetesObject, visitor: Visitor) -> bool:
    return not rule.get("from") or any(_is_peer(peer, pod, visitor) for peer in rule["from"])


def _is_peer(peer: Mapping[str, Any], pod: KubernetesObject, visitor: Visitor) -> bool:
    if block := peer.get("ipBlock"):
        address = (visitor.pod.get("status") or {}).get("podIP", "")
        return _is_in(address, block["cidr"]) and not any(_is_in(address, each) for each in block.get("except") or [])
    if "namespaceSelector" in peer:
        is_there = _selects(peer["namespaceSelector"], visitor.namespace_labels)
    else:
        is_there = visitor.pod["metadata"]["namespace"] == pod["metadata"]["namespace"]
    return is_there and _selects(peer.get("podSelector"), _labels_of(visitor.pod))


def _is_in(address: str, block: str) -> bool:
    return bool(address) and ipaddress.ip_address(address) in ipaddress.ip_network(block, strict=False)


def _labels_of(item: KubernetesObject) -> Labels:
    return item["metadata"].get("labels") or {}


def _selects(selector: Mapping[str, Any] | None, labels: Labels) -> bool:
    """Return whether a label selector matches; an empty one matches everything."""
    wanted = (selector or {}).get("matchLabels") or {}
    rest = (selector or {}).get("matchExpressions") or []
    return wanted.items() <= labels.items() and all(_matches(each, labels) for each in rest)


def _matches(expression: Mapping[str, Any], labels: Labels) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None
