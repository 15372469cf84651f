"""A PersistentVolumeClaim has settled when a volume is bound to it."""

from __future__ import annotations

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.settled.progress import Progress, failed, settled, waiting


def judge(item: KubernetesObject) -> Progress:
    """Look at the phase of a claim; one that waits for its first pod is judged with that pod."""
    phase = (item.get("status") or {}).get("phase", "Pending")
    if phase == "Bound":
        return settled(f"bound to {item['spec'].get('volumeName', 'a volume')}")
    if phase == "Lost":
        return failed("its volume is gone")
    storage_class = item["spec"].get("storageClassName")
    return waiting(f"for a volume of {f'storage class {storage_class}' if storage_class else 'the default class'}")
