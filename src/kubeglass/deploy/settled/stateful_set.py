"""A StatefulSet has settled when every replica runs the new revision and is ready."""

from __future__ import annotations

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.settled.progress import Progress, is_observed, settled, waiting


def judge(item: KubernetesObject) -> Progress:
    """Compare the status of a StatefulSet with its spec."""
    if not is_observed(item):
        return waiting("for the controller to see the change")
    status = item.get("status") or {}
    wanted = item["spec"].get("replicas", 1)
    ready, updated = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    if status.get("updateRevision") != status.get("currentRevision") and updated < wanted:
        return waiting(f"for {wanted - updated} of {wanted} replicas to be made anew")
    if ready < wanted:
        return waiting(f"for {wanted - ready} of {wanted} replicas to be ready")
    return settled(f"{ready} of {wanted} replicas ready")
