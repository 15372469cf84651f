"""A Deployment has settled when every replica is new, ready, and no old one is left."""

from __future__ import annotations

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.settled.progress import Progress, failed, find_condition, is_observed, settled, waiting


def judge(item: KubernetesObject) -> Progress:
    """Compare the status of a Deployment with its spec."""
    if not is_observed(item):
        return waiting("for the controller to see the change")
    status = item.get("status") or {}
    progressing = find_condition(item, "Progressing")
    if progressing and progressing.get("reason") == "ProgressDeadlineExceeded":
        return failed(progressing.get("message") or "its progress deadline passed")
    wanted = item["spec"].get("replicas", 1)
    updated, ready = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        return waiting(f"for {wanted - updated} of {wanted} replicas to be made anew")
    if status.get("replicas", 0) > updated:
        return waiting(f"for {status['replicas'] - updated} old replicas to end")
    if ready < wanted:
        return waiting(f"for {wanted - ready} of {wanted} replicas to be ready")
    return settled(f"{ready} of {wanted} replicas ready")
