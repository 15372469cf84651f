"""Why a pod does not become ready, read from its own status; pure.

The reasons are the kubelet's own words: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kubeglass.deploy.objects import KubernetesObject

#: Waiting reasons that no amount of waiting changes, with what to do about each.
_HOPELESS = {
    "ErrImageNeverPull": "load the image onto the node (kubeglass images load), or set cluster.pull_policy",
    "ImagePullBackOff": "check the image's name and the node's way to the registry, or load it (kubeglass images load)",
    "InvalidImageName": "correct the image's name in kubeglass.yaml",
    "CreateContainerConfigError": "create the ConfigMap or Secret it names, or correct the name",
    "CreateContainerError": "see the pod's events",
    "RunContainerError": "see the pod's events: the command may not exist in the image",
}
_CRASHED = "CrashLoopBackOff"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One container that will not start by waiting.

    Args:
        pod: the pod's name.
        container: the container's name.
        reason: the kubelet's word, such as ``ErrImageNeverPull``.
        message: the kubelet's sentence, or how the container ended.
        hint: what to do about it.
        ended: whether the container ran and ended, so that its last log lines tell more.
    """

    pod: str
    container: str
    reason: str
    message: str
    hint: str
    ended: bool = False


def count_restarts(pod: KubernetesObject) -> dict[str, int]:
    """Map each container to the number of times it was started again; the yardstick of a *new* crash."""
    return {status["name"]: status.get("restartCount", 0) for status in _container_statuses(pod)}


def find_trouble(pod: KubernetesObject, restarts_before: dict[str, int] | None = None) -> list[Trouble]:
    """Find the containers of ``pod`` that are stuck.

    Args:
        pod: the pod as it is now.
        restarts_before: restarts at the beginning of the rollout: a container that has not crashed since then may
            only be sitting out the wait for crashes whose cause is gone.
    """
    found = []
    for status in _container_statuses(pod):
        reason, message = _waiting_reason(status)
        name = status["name"]
        if reason in _HOPELESS:
            found.append(Trouble(pod["metadata"]["name"], name, reason, message, _HOPELESS[reason]))
        elif reason == _CRASHED and status.get("restartCount", 0) > (restarts_before or {}).get(name, 0):
            found.append(_crash(pod, status))
    return found


def _crash(pod: KubernetesObject, status: dict[str, Any]) -> Trouble:
    ended = (status.get("lastState") or {}).get("terminated") or {}
    why, code = ended.get("reason", "Error"), ended.get("exitCode")
    raise_memory, read_log = "raise resources.limits.memory in kubeglass.yaml", "read its last log lines below"
    hint = raise_memory if why == "OOMKilled" else read_log
    message = f"{why}, exit code {code}, {status.get('restartCount', 0)} restarts"
    return Trouble(pod["metadata"]["name"], status["name"], _CRASHED, message, hint, ended=True)


def _container_statuses(pod: KubernetesObject) -> Iterator[dict[str, Any]]:
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or []
    yield from status.get("containerStatuses") or []


def _waiting_reason(status: dict[str, Any]) -> tuple[str, str]:
    waiting = (status.get("state") or {}).get("waiting") or {}
    return waiting.get("reason", ""), " ".join(str(waiting.get("message", "")).split())


def is_made_from(pod: KubernetesObject, workload: KubernetesObject) -> bool:
    """Say whether ``pod`` came from the workload's present template, not from the one before.

    The images and the template's annotations (which carry the hash of the configuration) tell them apart, for all
    kinds of workload alike.
    """
    template = workload["spec"]["template"]
    wanted = (template.get("metadata") or {}).get("annotations") or {}
    has = pod["metadata"].get("annotations") or {}
    return all(has.get(key) == value for key, value in wanted.items()) and _images(pod["spec"]) == _images(
        template["spec"]
    )


def _images(spec: KubernetesObject) -> list[str]:
    return [container["image"] for container in (*(spec.get("initContainers") or []), *spec["containers"])]


#: Event reasons that name the cause of a pod that cannot start; others are noise of a normal start.
TELLING_EVENTS = frozenset(
    {
        "FailedMount",
        "FailedAttachVolume",
        "FailedScheduling",
        "FailedCreate",
        "FailedCreatePodSandBox",
        "FailedBinding",
        "ProvisioningFailed",
        "Failed",
        "Unhealthy",
        "BackOff",
        "Evicted",
        "ErrImageNeverPull",
        "InspectFailed",
    }
)

#: Words in a FailedMount that no retry changes: the host lacks the path, or holds something else there.
_HOPELESS_MOUNT = ("hostPath type check failed",)


def find_hopeless_event(events: list[dict[str, Any]]) -> str:
    """Find the event whose cause stays until a person acts; empty when there is none."""
    for event in events:
        message = " ".join(str(event.get("message", "")).split())
        if event.get("reason") == "FailedMount" and any(words in message for words in _HOPELESS_MOUNT):
            return message
        # A workload whose pods the namespace's policy or quota refuses; retried forever by its controller.
        if event.get("reason") == "FailedCreate" and "forbidden" in message:
            return message
    return ""
