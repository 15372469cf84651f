"""Why a pod does not start, read from its status and events.

The reasons are the kubelet's own: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kubeglass.deploy.api.objects import KubernetesObject, find_condition
from kubeglass.deploy.rollout.events import message_of

#: Reasons that waiting does not change, and what to do about each.
_HOPELESS = {
    "ErrImageNeverPull": "load the image onto the node (kubeglass images load), or set cluster.pull_policy",
    "ImagePullBackOff": "check its name and that the node reaches the registry, or load it (kubeglass images load)",
    "InvalidImageName": "correct the image's name in kubeglass.yaml",
    "CreateContainerConfigError": "create the ConfigMap or Secret it names, or correct the name",
    "CreateContainerError": "see the pod's events",
    "RunContainerError": "see the pod's events: the command may not exist in the image",
}
_CRASHED = "CrashLoopBackOff"
_UNSCHEDULABLE = "Unschedulable"
#: Seconds for old pods to make room, or for a volume to be provisioned.
SCHEDULING_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class PodFailure:
    """One reason why a pod will not start, however long one waits.

    Args:
        pod: the pod's name.
        container: the container's name, empty if the reason concerns the whole pod.
        reason: Kubernetes' reason, such as ``ErrImageNeverPull``.
        message: Kubernetes' message, or how the container ended.
        hint: what to do about it.
        ended: whether the container ran and ended, so that its log explains more.
        patience: seconds it must last.
    """

    pod: str
    container: str
    reason: str
    message: str
    hint: str
    ended: bool = False
    patience: float = 0.0

    def __str__(self) -> str:
        """Format it as one sentence."""
        container = f", container {self.container}" if self.container else ""
        return f"pod {self.pod}{container}: {self.reason}: {self.message}".rstrip(": ")


def find_pod_failures(pod: KubernetesObject) -> list[PodFailure]:
    """Find what keeps ``pod`` from starting: stuck containers, or no node to run on."""
    name = pod["metadata"]["name"]
    found = []
    for status in _container_statuses(pod):
        reason, message = _waiting_reason(status)
        if reason in _HOPELESS:
            found.append(PodFailure(name, status["name"], reason, message, _HOPELESS[reason]))
        elif reason == _CRASHED:
            found.append(_crash(pod, status))
    scheduled = find_condition(pod, "PodScheduled")
    if scheduled and scheduled["status"] == "False" and scheduled.get("reason") == _UNSCHEDULABLE:
        hint = "make room on the nodes, or ask for less (resources.requests in kubeglass.yaml)"
        message = message_of(scheduled)
        found.append(PodFailure(name, "", _UNSCHEDULABLE, message, hint, patience=SCHEDULING_PATIENCE))
    return found


def _crash(pod: KubernetesObject, status: dict[str, Any]) -> PodFailure:
    ended = (status.get("lastState") or {}).get("terminated") or {}
    why, code = ended.get("reason", "Error"), ended.get("exitCode")
    raise_memory, read_log = "raise resources.limits.memory in kubeglass.yaml", "see its last log lines below"
    hint = raise_memory if why == "OOMKilled" else read_log
    message = f"{why}, exit code {code}, {status.get('restartCount', 0)} restarts"
    return PodFailure(pod["metadata"]["name"], status["name"], _CRASHED, message, hint, ended=True)


def _container_statuses(pod: KubernetesObject) -> Iterator[dict[str, Any]]:
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or []
    yield from status.get("containerStatuses") or []


def _waiting_reason(status: dict[str, Any]) -> tuple[str, str]:
    waiting = (status.get("state") or {}).get("waiting") or {}
    return waiting.get("reason", ""), " ".join(str(waiting.get("message", "")).split())


@dataclass(frozen=True, slots=True)
class _Sign:
    """An event that shows a cause which stays until somebody acts."""

    reason: str
    words: str
    hint: str = ""


_STORAGE = "choose a storage class that the cluster has (cluster.storage_class), or make one the default"
_SIGNS = (
    # The path does not exist on the host, or has another type.
    _Sign("FailedMount", "hostPath type check failed", "correct the host path, or the app's node"),
    # Pods that the namespace's policy or quota rejects; their controller retries for ever.
    _Sign("FailedCreate", "forbidden"),
    _Sign("FailedBinding", "no storage class is set", _STORAGE),
    _Sign("ProvisioningFailed", "not found", _STORAGE),
)


def find_hopeless_event(events: Iterable[Mapping[str, Any]]) -> tuple[str, str] | None:
    """Return the message of an event whose cause stays until somebody acts, and what to do about it."""
    for event in events:
        for sign in _SIGNS:
            if event.get("reason") == sign.reason and sign.words in message_of(event):
                return message_of(event), sign.hint
    return None
