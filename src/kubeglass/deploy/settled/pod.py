"""A Pod has settled when it is ready, or has done its work."""

from __future__ import annotations

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.settled.progress import Progress, failed, find_condition, settled, waiting


def judge(item: KubernetesObject) -> Progress:
    """Look at the phase and the readiness of a pod."""
    status = item.get("status") or {}
    phase = status.get("phase", "Pending")
    if phase == "Succeeded":
        return settled("finished")
    if phase == "Failed":
        return failed(status.get("message") or status.get("reason") or "failed")
    ready = find_condition(item, "Ready")
    if ready and ready["status"] == "True":
        return settled("ready")
    if phase == "Running":
        return waiting("for its containers to be ready")
    scheduled = find_condition(item, "PodScheduled")
    if scheduled and scheduled["status"] == "False":
        return waiting(f"for a node: {scheduled.get('message', 'none chosen yet')}")
    return waiting("for its containers to start")
