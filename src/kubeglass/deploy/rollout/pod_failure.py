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
class Cause:
    """Why a workload does not become ready, however long one waits.

    Args:
        message: the cause in one sentence, with the pod and container.
        hint: what to do about it.
        evidence: the events and log lines that show it.
        patience: seconds it must last.
        container: the stuck container, empty if there is none.
        has_ended: whether that container ran and ended, so that its log explains more.
    """

    message: str
    hint: str = ""
    evidence: tuple[str, ...] = ()
    patience: float = 0.0
    container: str = ""
    has_ended: bool = False


def find_pod_failures(pod: KubernetesObject) -> list[Cause]:
    """Find what keeps ``pod`` from starting: stuck containers, or no node to run on."""
    name = f"pod {pod['metadata']['name']}"
    found = []
    for status in _container_statuses(pod):
        container = status["name"]
        where = f"{name}, container {container}"
        reason, message = _waiting_reason(status)
        if reason in _HOPELESS:
            words = f"{where}: {reason}: {message}".rstrip(": ")
            found.append(Cause(words, _HOPELESS[reason], container=container))
        elif reason == _CRASHED:
            ended, hint = _describe_crash(status)
            found.append(Cause(f"{where}: {reason}: {ended}", hint, container=container, has_ended=True))
    scheduled = find_condition(pod, "PodScheduled")
    if scheduled and scheduled["status"] == "False" and scheduled.get("reason") == _UNSCHEDULABLE:
        hint = "make room on the nodes, or ask for less (resources.requests in kubeglass.yaml)"
        words = f"{name}: {_UNSCHEDULABLE}: {message_of(scheduled)}".rstrip(": ")
        found.append(Cause(words, hint, patience=SCHEDULING_PATIENCE))
    return found


def _describe_crash(status: dict[str, Any]) -> tuple[str, str]:
    ended = (status.get("lastState") or {}).get("terminated") or {}
    why, code = ended.get("reason", "Error"), ended.get("exitCode")
    raise_memory, read_log = "raise resources.limits.memory in kubeglass.yaml", "see its last log lines below"
    hint = raise_memory if why == "OOMKilled" else read_log
    return f"{why}, exit code {code}, {status.get('restartCount', 0)} restarts", hint


def _container_statuses(pod: KubernetesObject) -> Iterator[dict[str, Any]]:
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or []
    yield from status.get("containerStatuses") or []


def _waiting_reason(status: dict[str, Any]) -> tuple[str, str]:
    waiting = (status.get("state") or {}).get("waiting") or {}
    return waiting.get("reason", ""), message_of(waiting)


_STORAGE = "choose a storage class that the cluster has (cluster.storage_class), or make one the default"
#: Events whose cause stays until somebody acts: reason, part of the message, hint.
_HOPELESS_EVENTS = (
    # The path does not exist on the host, or has another type.
    ("FailedMount", "hostPath type check failed", "correct the host path, or the app's node"),
    # Pods that the namespace's policy or quota rejects; their controller retries for ever.
    ("FailedCreate", "forbidden", ""),
    ("FailedBinding", "no storage class is set", _STORAGE),
    ("ProvisioningFailed", "not found", _STORAGE),
)


def find_hopeless_event(events: Iterable[Mapping[str, Any]]) -> Cause | None:
    """Return the cause that an event names, if it stays until somebody acts."""
    for event in events:
        for reason, words, hint in _HOPELESS_EVENTS:
            if event.get("reason") == reason and words in message_of(event):
                return Cause(message_of(event), hint)
    return None
