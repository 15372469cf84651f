"""What a pod's spec asks of its node, and which nodes have it: selector, tolerations, requests and claims.

The scheduler gives only numbers of nodes, and since Kubernetes 1.34 it no longer names the taints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubeglass.deploy.api.objects import KubernetesObject, parse_amount

HOSTNAME = "kubernetes.io/hostname"
#: The taint of a node that was cordoned.
CORDON = "node.kubernetes.io/unschedulable"
#: Effects that keep a new pod away; ``PreferNoSchedule`` does not.
_HARD = frozenset({"NoSchedule", "NoExecute"})


def candidates(pod: KubernetesObject, nodes: Iterable[KubernetesObject]) -> list[KubernetesObject]:
    """Return the nodes that have every label the pod selects, and the name that a DaemonSet's pod is pinned to."""
    wanted: Mapping[str, str] = pod["spec"].get("nodeSelector") or {}
    pinned = pinned_to(pod)
    return [
        node
        for node in nodes
        if wanted.items() <= (node["metadata"].get("labels") or {}).items() and pinned in {"", node["metadata"]["name"]}
    ]


def claim_names(pod: KubernetesObject) -> list[str]:
    """Return the names of the PersistentVolumeClaims that ``pod`` mounts."""
    volumes = pod["spec"].get("volumes") or []
    return [claim["claimName"] for volume in volumes if (claim := volume.get("persistentVolumeClaim"))]


def pinned_to(pod: KubernetesObject) -> str:
    """Return the node that a DaemonSet's controller chose for its pod, empty if it is another's pod."""
    names = [name for term in _affinity_terms(pod) for name in _names_in(term)]
    return names[0] if len(names) == 1 else ""


def has_affinity(pod: KubernetesObject) -> bool:
    """Return whether the pod requires more of a node than its selector says."""
    return bool(_affinity_terms(pod)) and not pinned_to(pod)


def untolerated_taints(pod: KubernetesObject, node: KubernetesObject) -> list[str]:
    """Return the node's taints that keep the pod away, written as kubectl reads them: ``key=value:effect``."""
    tolerations = pod["spec"].get("tolerations") or []
    taints = list((node.get("spec") or {}).get("taints") or [])
    if (node.get("spec") or {}).get("unschedulable") and not any(taint["key"] == CORDON for taint in taints):
        # The node's controller adds it a moment after the field.
        taints.append({"key": CORDON, "effect": "NoSchedule"})
    return [
        f"{taint['key']}{f'={value}' if (value := taint.get('value')) else ''}:{taint['effect']}"
        for taint in taints
        if taint["effect"] in _HARD and not any(_tolerates(toleration, taint) for toleration in tolerations)
    ]


def find_excess(pod: KubernetesObject, resource: str, nodes: Iterable[KubernetesObject]) -> str:
    """Return how much ``pod`` asks for if no node is that large, as ``64Gi; the largest node has 8Gi``; else empty."""
    amounts = [((node.get("status") or {}).get("allocatable") or {}).get(resource) for node in nodes]
    largest = max(filter(None, amounts), key=parse_amount, default="")
    asked = [
        amount
        for container in pod["spec"].get("containers") or []
        if (amount := ((container.get("resources") or {}).get("requests") or {}).get(resource))
    ]
    if not largest or sum(map(parse_amount, asked)) <= parse_amount(largest):
        return ""
    return f"{' + '.join(asked)}; the largest node has {largest}"


def _affinity_terms(pod: KubernetesObject) -> list[dict[str, Any]]:
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    return list(required.get("nodeSelectorTerms") or [])


def _names_in(term: Mapping[str, Any]) -> list[str]:
    return [
        name for field in term.get("matchFields") or [] if field["key"] == "metadata.name" for name in field["values"]
    ]


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in {None, "", taint["effect"]}:
        return False
    key: str = toleration.get("key") or ""
    if toleration.get("operator") == "Exists":
        return key in {"", taint["key"]}
    return key == taint["key"] and (toleration.get("value") or "") == (taint.get("value") or "")
