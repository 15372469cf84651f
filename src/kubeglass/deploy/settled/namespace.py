"""A Namespace has settled when it is active; one that is being deleted accepts nothing."""

from __future__ import annotations

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.settled.progress import Progress, settled, waiting


def judge(item: KubernetesObject) -> Progress:
    """Look at the phase of a namespace."""
    phase = (item.get("status") or {}).get("phase", "Active")
    if phase == "Terminating":
        return waiting("for the namespace of the same name to end")
    return settled("active")
