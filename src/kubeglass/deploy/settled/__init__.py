"""Has an object become what was asked of it? One pure function a kind: object in, progress out."""

from __future__ import annotations

from collections.abc import Callable

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.settled import (
    daemon_set,
    deployment,
    job,
    namespace,
    persistent_volume_claim,
    pod,
    service,
    stateful_set,
)
from kubeglass.deploy.settled.progress import Progress, State, settled, waiting

__all__ = ["JUDGES", "Progress", "State", "judge"]

JUDGES: dict[str, Callable[[KubernetesObject], Progress]] = {
    "DaemonSet": daemon_set.judge,
    "Deployment": deployment.judge,
    "Job": job.judge,
    "Namespace": namespace.judge,
    "PersistentVolumeClaim": persistent_volume_claim.judge,
    "Pod": pod.judge,
    "Service": service.judge,
    "StatefulSet": stateful_set.judge,
}


def judge(item: KubernetesObject | None) -> Progress:
    """Say how far ``item`` is; a kind that only stores data has settled as soon as it is there.

    Args:
        item: the object as it is on the cluster now, None when it is not there.
    """
    if item is None:
        return waiting("to appear")
    judge_kind = JUDGES.get(item["kind"])
    return judge_kind(item) if judge_kind else settled("stored")
