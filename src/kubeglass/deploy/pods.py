"""What the own status of a pod, or a node, says of it, and where a pod answers; pure."""

from __future__ import annotations

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.settled.progress import find_condition


def is_ending(item: KubernetesObject) -> bool:
    """Say whether something was told to end; a pod may answer for a while yet."""
    return "deletionTimestamp" in item["metadata"]


def is_ready(item: KubernetesObject) -> bool:
    """Say whether a pod is ready for requests, or a node for pods, and here to stay."""
    ready = find_condition(item, "Ready")
    return ready is not None and ready["status"] == "True" and not is_ending(item)


def address_of(pod: KubernetesObject, port: int) -> str:
    """Write where ``pod`` answers, the way a target's ``instance`` label does."""
    address = str((pod.get("status") or {}).get("podIP", ""))
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def owner_of(item: KubernetesObject) -> str:
    """Find the uid of the object whose controller made ``item``; empty when nobody's did."""
    for owner in item["metadata"].get("ownerReferences") or []:
        if owner.get("controller"):
            return str(owner["uid"])
    return ""
