"""How far an object is from what its spec asks for, read from its status alone; one function per kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from kubeglass.deploy.api.objects import KubernetesObject, find_condition, is_observed


class State(Enum):
    """Where an object stands."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one object is.

    Args:
        state: waiting, ready or failed.
        message: what the object waits for, what it has reached, or what went wrong.
    """

    state: State
    message: str


def waiting(message: str) -> Progress:
    """Report what the object waits for."""
    return Progress(State.WAITING, message)


def ready(message: str) -> Progress:
    """Report what the object has reached."""
    return Progress(State.READY, message)


def failed(message: str) -> Progress:
    """Report what went wrong for good."""
    return Progress(State.FAILED, message)


def read_progress(item: KubernetesObject | None) -> Progress:
    """Read how far ``item`` is. Kinds that only hold data are ready as soon as they exist.

    Args:
        item: the object as it is on the cluster now; None if it does not exist.
    """
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
    wanted = item["spec"].get("replicas", 1)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        return waiting(f"for {wanted - updated} of {wanted} replicas to be updated")
    if status.get("replicas", 0) > updated:
        return waiting(f"for {status['replicas'] - updated} old replicas to end")
    if available < wanted:
        return waiting(f"for {wanted - available} of {wanted} replicas to be ready")
    return ready(f"{available} of {wanted} replicas ready")


def _stateful_set(item: KubernetesObject) -> Progress:
    """Ready when every replica runs the new revision and is ready."""
    status = item.get("status") or {}
    wanted = item["spec"].get("replicas", 1)
    available, updated = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    if status.get("updateRevision") != status.get("currentRevision") and updated < wanted:
        return waiting(f"for {wanted - updated} of {wanted} replicas to be updated")
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
    """Ready when it has its address."""
    spec = item["spec"]
    if not spec.get("clusterIP"):
        return waiting("for a cluster IP")
    if spec.get("type") == "NodePort":
        ports = ", ".join(str(port["nodePort"]) for port in spec.get("ports") or [] if port.get("nodePort"))
        return ready(f"reachable on every node at port {ports}")
    return ready("has its address")


#: Kinds whose pods come from a template.
WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})

STATUS_READERS: dict[str, Callable[[KubernetesObject], Progress]] = {
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "Namespace": _namespace,
    "PersistentVolumeClaim": _persistent_volume_claim,
    "Service": _service,
    "StatefulSet": _stateful_set,
}
