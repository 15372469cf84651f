"""A Job has settled when it is complete."""

from __future__ import annotations

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.settled.progress import Progress, failed, find_condition, settled, waiting


def judge(item: KubernetesObject) -> Progress:
    """Look for the condition that ends a Job, good or bad."""
    broken = find_condition(item, "Failed")
    if broken and broken["status"] == "True":
        return failed(broken.get("message") or "failed")
    complete = find_condition(item, "Complete")
    if complete and complete["status"] == "True":
        return settled("complete")
    wanted = item["spec"].get("completions", 1)
    done = (item.get("status") or {}).get("succeeded", 0)
    return waiting(f"for {wanted - done} of {wanted} runs to finish")
