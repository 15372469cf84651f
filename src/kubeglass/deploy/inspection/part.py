"""The state of one part of a pipeline now: replicas, restarts and, if it is not ready, the cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of, sort_for_deletion
from kubeglass.deploy.causes.cause import Cause
from kubeglass.deploy.rollout.diagnosis import describe_delay, find_cause
from kubeglass.deploy.rollout.revision import list_every_pod
from kubeglass.deploy.rollout.status import STATUS_READERS, WORKLOADS, State, read_progress

_DELETED = Cause("somebody deleted it", "run kubeglass deploy")


@dataclass(frozen=True, slots=True)
class Replicas:
    """How many pods of a workload are ready, how many it should have, and how often their containers restarted."""

    ready: int
    wanted: int
    restarts: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """One object of a pipeline: what it has reached or waits for, and the cause if that is known."""

    key: ObjectKey
    state: State
    detail: str
    replicas: Replicas | None = None
    cause: Cause | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it is all that its spec asks for."""
        return self.state is State.READY


def read_parts(
    cluster: Cluster, objects: Mapping[ObjectKey, KubernetesObject], missing: Iterable[ObjectKey]
) -> list[Part]:
    """Read the state of each object that has one, and of what is ``missing``; apps come first."""
    absent = set(missing)
    keys = [key for key in objects if key.kind in STATUS_READERS]
    return [
        Part(key, State.FAILED, "is gone", cause=_DELETED) if key in absent else read_part(cluster, objects[key])
        for key in sort_for_deletion([*keys, *absent])
    ]


def read_part(cluster: Cluster, item: KubernetesObject) -> Part:
    """Read the state of one object, and search for the cause if it is not ready."""
    key, progress = key_of(item), read_progress(item)
    detail = f"waits {progress.message}" if progress.state is State.WAITING else progress.message
    if key.kind not in WORKLOADS:
        return Part(key, progress.state, detail)
    replicas = _count(cluster, item)
    if progress.state is State.READY:
        return Part(key, progress.state, detail, replicas)
    cause, is_hopeless = _explain(cluster, item, detail)
    return Part(key, State.FAILED if is_hopeless else progress.state, detail, replicas, cause)


def _explain(cluster: Cluster, workload: KubernetesObject, detail: str) -> tuple[Cause | None, bool]:
    """Return what is known about a delay, and whether waiting cannot help."""
    try:
        if cause := find_cause(cluster, workload, frozenset()):
            # A lack of room may pass; a deployment gives it some time, and one look cannot.
            return cause, not cause.patience
        evidence = describe_delay(cluster, workload)
    except RefusedError:
        # Reading pods, events or logs needs further rights.
        return None, False
    return Cause(detail, evidence=evidence) if evidence else None, False


def _count(cluster: Cluster, item: KubernetesObject) -> Replicas:
    status = item.get("status") or {}
    if item["kind"] == "DaemonSet":
        ready, wanted = status.get("numberReady", 0), status.get("desiredNumberScheduled", 0)
    else:
        ready, wanted = status.get("readyReplicas", 0), item["spec"].get("replicas", 1)
    try:
        pods = list_every_pod(cluster, item)
    except RefusedError:
        return Replicas(ready, wanted, None)
    containers = (status for pod in pods for status in (pod.get("status") or {}).get("containerStatuses") or [])
    return Replicas(ready, wanted, sum(container.get("restartCount", 0) for container in containers))
