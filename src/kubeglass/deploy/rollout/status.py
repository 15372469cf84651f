"""How far an object is from what its spec asks for, read from its status alone; one function per kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial

from kubeglass.deploy.api.objects import KubernetesObject, find_condition, is_observed, urls_of


class State(Enum):
    """Whether an object is ready, or may still become so."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one object is: what it waits for, what it has reached, or what went wrong."""

    state: State
    message: str


waiting = partial(Progress, State.WAITING)
ready = partial(Progress, State.READY)
failed = partial(Progress, State.FAILED)


def read_progress(item: KubernetesObject | None) -> Progress:
    """Read how far ``item`` is, None if it does not exist. Kinds that only hold data are ready once they exist."""
    if item is None:
        return waiting("to appear")
    read = STATUS_READERS.get(item["kind"])
    if read is None:
        return ready("stored")
    if item["kind"] in WORKLOADS and not is_observed(item):
        return waiting("for the controller to see the change")
    return read(item)


def _deployment(item: KubernetesObject) -> Progress:
    """Ready when every replica is new and available, and no old one is left."""
    status = item.get("status") or {}
    progressing = find_condition(item, "Progressing")
    if progressing and progressing.get("reason") == "ProgressDeadlineExceeded":
        return failed(progressing.get("message") or "its progress deadline passed")
    updated = status.get("updatedReplicas", 0)
    old = status.get("replicas", 0) - updated
    return _compare_replicas(item, updated=updated, old=old, available=status.get("availableReplicas", 0))


def _stateful_set(item: KubernetesObject) -> Progress:
    """Ready when every replica runs the new revision and is ready.

    The two revisions of its status do not tell: they are the same in a new one that has adopted pods of an old one.
    """
    status = item.get("status") or {}
    available = status.get("readyReplicas", 0)
    return _compare_replicas(item, updated=status.get("updatedReplicas", 0), old=0, available=available)


def _compare_replicas(item: KubernetesObject, *, updated: int, old: int, available: int) -> Progress:
    wanted = item["spec"].get("replicas", 1)
    if updated < wanted:
        return waiting(f"for {wanted - updated} of {wanted} replicas to be updated")
    if old > 0:
        return waiting(f"for {old} old replicas to end")
    if available < wanted:
        return waiting(f"for {wanted - available} of {wanted} replicas to be ready")
    return ready(f"{available} of {wanted} replicas ready")


def _daemon_set(item: KubernetesObject) -> Progress:
    """Ready when each node it belongs on runs a new, available pod."""
    status = item.get("status") or {}
    wanted = status.get("desiredNumberScheduled", 0)
    updated, available = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
    if wanted == 0:
        return waiting("for a node it may run on")
    if updated < wanted:
        return waiting(f"for {wanted - updated} of {wanted} nodes to get the new pod")
    if available < wanted:
        return waiting(f"for {wanted - available} of {wanted} nodes' pods to be ready")
    return ready(f"ready on {available} of {wanted} nodes")


def _namespace(item: KubernetesObject) -> Progress:
    """Ready when active: a namespace that is being deleted accepts nothing."""
    if (item.get("status") or {}).get("phase") == "Terminating":
        return waiting("for the old namespace of that name to be gone")
    return ready("active")


def _persistent_volume_claim(item: KubernetesObject) -> Progress:
    """Ready when bound; a claim that waits for its first pod is bound along with that pod."""
    phase = (item.get("status") or {}).get("phase", "Pending")
    if phase == "Bound":
        return ready(f"bound to {item['spec'].get('volumeName', 'a volume')}")
    if phase == "Lost":
        return failed("its volume is gone")
    storage_class = item["spec"].get("storageClassName")
    return waiting(f"for a volume of {f'storage class {storage_class}' if storage_class else 'the default class'}")


def _service(item: KubernetesObject) -> Progress:
    """Ready as soon as it exists: the API server assigns its address."""
    if item["spec"].get("type") == "NodePort":
        ports = ", ".join(str(port["nodePort"]) for port in item["spec"].get("ports") or [])
        return ready(f"reachable on every node at port {ports}")
    return ready("has its address")


def _ingress(item: KubernetesObject) -> Progress:
    """Ready as soon as it exists: not every controller says where it serves."""
    return ready(", ".join(urls_of(item)) or "has no host")


def _autoscaler(item: KubernetesObject) -> Progress:
    """Ready as soon as it exists: it has measured no pod before the first ones run for a while."""
    spec, status = item["spec"], item.get("status") or {}
    bounds = f"{spec.get('minReplicas', 1)} to {spec['maxReplicas']} pods"
    active = find_condition(item, "ScalingActive")
    if active and active["status"] == "False" and active.get("reason") != "ScalingDisabled":
        return ready(f"{bounds}, but it does not scale: {active.get('message') or active.get('reason')}")
    return ready(f"{bounds}, now {status.get('currentReplicas', 0)}")


#: Kinds whose pods come from a template.
WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})

STATUS_READERS: dict[str, Callable[[KubernetesObject], Progress]] = {
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "HorizontalPodAutoscaler": _autoscaler,
    "Ingress": _ingress,
    "Namespace": _namespace,
    "PersistentVolumeClaim": _persistent_volume_claim,
    "Service": _service,
    "StatefulSet": _stateful_set,
}
