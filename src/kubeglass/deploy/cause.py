"""Why a workload does not settle: asks the cluster for its pods, their events and their last log lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from kubeglass.deploy.last_words import LINES_READ, choose_last_words
from kubeglass.deploy.objects import KubernetesObject, ObjectKey, key_of
from kubeglass.deploy.refusal import RefusedError
from kubeglass.deploy.trouble import (
    TELLING_EVENTS,
    Trouble,
    count_restarts,
    find_hopeless_event,
    find_trouble,
    is_made_from,
)

EVENT_LINES = 5

Restarts = Mapping[str, dict[str, int]]
"""Pod uid to restarts of each container."""


class Reader(Protocol):
    """What finding a cause reads from a cluster."""

    def list_objects(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = ""
    ) -> list[dict[str, Any]]:
        """Read all objects of a kind."""
        ...

    def read_log(self, pod: ObjectKey, container: str, *, lines: int, previous: bool = False) -> list[str]:
        """Read a container's last log lines."""
        ...


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a workload does not settle.

    Args:
        message: the cause in one sentence, with the pod and container it was seen at.
        hint: what to do about it.
        evidence: events and log lines, the telling ones only.
    """

    message: str
    hint: str = ""
    evidence: tuple[str, ...] = ()


def read_restarts(reader: Reader, workload: KubernetesObject) -> dict[str, dict[str, int]]:
    """Read how often the containers of a workload's pods were started again so far."""
    return {pod["metadata"]["uid"]: count_restarts(pod) for pod in _pods(reader, workload)}


def find_cause(reader: Reader, workload: KubernetesObject, restarts_before: Restarts) -> Cause | None:
    """Find a cause that waiting does not remove; None while there is hope.

    Args:
        reader: the cluster.
        workload: a Deployment, StatefulSet or DaemonSet as it is now.
        restarts_before: restarts at the beginning of the rollout.
    """
    pods = [pod for pod in _pods(reader, workload) if is_made_from(pod, workload)]
    for pod in pods:
        for trouble in find_trouble(pod, restarts_before.get(pod["metadata"]["uid"])):
            return _explain(reader, pod, trouble)
    events = _events(reader, workload, pods)
    hopeless = find_hopeless_event(events)
    if not hopeless:
        return None
    hint = "correct the host path, or the node it is looked for on" if "hostPath" in hopeless else ""
    return Cause(hopeless, hint, tuple(_event_lines(events)))


def describe_delay(reader: Reader, workload: KubernetesObject) -> tuple[str, ...]:
    """Gather what there is to read when time runs out: events, and the log of a container that is not ready."""
    pods = [pod for pod in _pods(reader, workload) if is_made_from(pod, workload)]
    lines = _event_lines(_events(reader, workload, pods))
    for pod in pods:
        for status in (pod.get("status") or {}).get("containerStatuses") or []:
            if not status.get("ready"):
                return (*lines, *_log_lines(reader, pod, status["name"], previous=False))
    return tuple(lines)


def _explain(reader: Reader, pod: KubernetesObject, trouble: Trouble) -> Cause:
    events = _event_lines(_events(reader, pod, []))
    log = _log_lines(reader, pod, trouble.container, previous=True) if trouble.ended else []
    message = f"pod {trouble.pod}, container {trouble.container}: {trouble.reason}: {trouble.message}"
    return Cause(message.rstrip(": "), trouble.hint, (*events, *log))


def _pods(reader: Reader, workload: KubernetesObject) -> list[dict[str, Any]]:
    labels = workload["spec"]["selector"]["matchLabels"]
    selector = ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return reader.list_objects("v1", "Pod", namespace=workload["metadata"]["namespace"], selector=selector)


def _events(reader: Reader, item: KubernetesObject, pods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    uids = {entry["metadata"].get("uid") for entry in (item, *pods)}
    names = [entry["metadata"]["name"] for entry in (item, *pods)]
    events = reader.list_objects("v1", "Event", namespace=item["metadata"]["namespace"])
    concerned = [event for event in events if _concerns(event, uids, names)]
    return sorted(concerned, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))


def _concerns(event: Mapping[str, Any], uids: set[str | None], names: list[str]) -> bool:
    involved = event.get("involvedObject") or {}
    if involved.get("uid") in uids:
        return True
    # A Deployment's refused pods are reported at its ReplicaSet, a StatefulSet's volume at its claim.
    name = str(involved.get("name", ""))
    if involved.get("kind") == "ReplicaSet":
        return any(name.startswith(f"{owner}-") for owner in names[:1])
    return involved.get("kind") == "PersistentVolumeClaim" and any(name.endswith(f"-{owner}") for owner in names)


def _event_lines(events: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"event {event['reason']}: {' '.join(str(event.get('message', '')).split())}"
        for event in events
        if event.get("reason") in TELLING_EVENTS
    ]
    return list(dict.fromkeys(lines))[-EVENT_LINES:]


def _log_lines(reader: Reader, pod: KubernetesObject, container: str, *, previous: bool) -> list[str]:
    try:
        lines = reader.read_log(key_of(pod), container, lines=LINES_READ, previous=previous)
    except RefusedError:
        # The kubelet has removed the log with the container; the status has said what there was to say.
        return []
    return [f"log {container}: {line}" for line in choose_last_words(lines)]
