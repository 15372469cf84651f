"""A DaemonSet has settled when each node it belongs on runs a new, ready pod."""

from __future__ import annotations

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.settled.progress import Progress, is_observed, settled, waiting


def judge(item: KubernetesObject) -> Progress:
    """Compare the status of a DaemonSet with the nodes it belongs on."""
    if not is_observed(item):
        return waiting("for the controller to see the change")
    status = item.get("status") or {}
    wanted = status.get("desiredNumberScheduled", 0)
    updated, ready = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
    if wanted == 0:
        return waiting("for a node it may run on")
    if updated < wanted:
        return waiting(f"for {wanted - updated} of {wanted} nodes to get the new pod")
    if ready < wanted:
        return waiting(f"for {wanted - ready} of {wanted} nodes' pods to be ready")
    return settled(f"ready on {ready} of {wanted} nodes")
