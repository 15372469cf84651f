"""Why a workload does not settle: asks the cluster for its pods, their events and their last log lines."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Protocol

from kubeglass.deploy.events import EventReader, describe_events, list_events, occurrence_of
from kubeglass.deploy.last_words import LINES_READ, choose_last_words
from kubeglass.deploy.objects import KubernetesObject, ObjectKey, key_of
from kubeglass.deploy.pods import is_ending, is_ready
from kubeglass.deploy.refusal import RefusedError
from kubeglass.deploy.revision import Revision, find_revision, list_pods
from kubeglass.deploy.trouble import Trouble, find_hopeless_event, find_trouble

#: Of many pods with the same trouble, these tell enough.
PODS_READ = 3


class Reader(EventReader, Protocol):
    """What finding a cause reads from a cluster."""

    def get(self, key: ObjectKey) -> dict[str, Any] | None:
        """Read one object."""
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
        patience: seconds it must go on for.
    """

    message: str
    hint: str = ""
    evidence: tuple[str, ...] = ()
    patience: float = 0.0


def find_cause(reader: Reader, workload: KubernetesObject, known: AbstractSet[str] = frozenset()) -> Cause | None:
    """Find a cause that waiting does not remove; None while there is hope.

    Args:
        reader: the cluster.
        workload: a Deployment, StatefulSet or DaemonSet as it is now.
        known: occurrences of events from before the rollout, which say nothing about it.
    """
    revision = find_revision(reader, workload)
    if revision is None:
        return None
    pods = _waiting_pods(reader, workload, revision)
    for about in _suspects(reader, revision, pods):
        events = [event for event in list_events(reader, about) if occurrence_of(event) not in known]
        if hopeless := find_hopeless_event(events):
            message, hint = hopeless
            return Cause(message, hint, tuple(describe_events(events)))
    for pod in pods:
        for trouble in find_trouble(pod):
            return _explain(reader, pod, trouble)
    return None


def describe_delay(reader: Reader, workload: KubernetesObject) -> tuple[str, ...]:
    """Gather what there is to read when time runs out: events, and the log of a container that is not ready."""
    revision = find_revision(reader, workload)
    if revision is None:
        return ()
    pods = _waiting_pods(reader, workload, revision)
    events = [event for about in _suspects(reader, revision, pods) for event in list_events(reader, about)]
    lines = describe_events(events)
    for pod in pods:
        for status in (pod.get("status") or {}).get("containerStatuses") or []:
            if not status.get("ready"):
                return (*lines, *_log_lines(reader, pod, status["name"], previous=False))
    return tuple(lines)


def claims_of(reader: Reader, pod: KubernetesObject) -> Iterator[dict[str, Any]]:
    """Read the claims that ``pod`` waits for."""
    for volume in pod["spec"].get("volumes") or []:
        if claim := volume.get("persistentVolumeClaim"):
            key = ObjectKey("v1", "PersistentVolumeClaim", claim["claimName"], pod["metadata"]["namespace"])
            if (item := reader.get(key)) is not None:
                yield item


def _waiting_pods(reader: Reader, workload: KubernetesObject, revision: Revision) -> list[dict[str, Any]]:
    pods = list_pods(reader, workload, revision)
    return [pod for pod in pods if not is_ready(pod) and not is_ending(pod)][:PODS_READ]


def _suspects(reader: Reader, revision: Revision, pods: list[dict[str, Any]]) -> Iterator[KubernetesObject]:
    """Name the objects whose events tell something, the maker only when it may have failed to make pods."""
    if not pods:
        yield revision.maker
    for pod in pods:
        if not _has_started(pod):
            yield pod
            yield from claims_of(reader, pod)


def _has_started(pod: KubernetesObject) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return any("running" in (status.get("state") or {}) or status.get("restartCount") for status in statuses)


def _explain(reader: Reader, pod: KubernetesObject, trouble: Trouble) -> Cause | None:
    events = list_events(reader, pod)
    if any(event.get("reason") == "TriggeredScaleUp" for event in events):
        # A node for it is on its way.
        return None
    log = _log_lines(reader, pod, trouble.container, previous=True) if trouble.ended else []
    return Cause(str(trouble), trouble.hint, (*describe_events(events), *log), trouble.patience)


def _log_lines(reader: Reader, pod: KubernetesObject, container: str, *, previous: bool) -> list[str]:
    try:
        lines = reader.read_log(key_of(pod), container, lines=LINES_READ, previous=previous)
    except RefusedError:
        # The kubelet has removed the log with the container; the status has said what there was to say.
        return []
    return [f"log {container}: {line}" for line in choose_last_words(lines)]
