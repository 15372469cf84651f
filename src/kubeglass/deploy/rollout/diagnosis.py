"""Find out why a workload does not become ready, from its pods, their events and their last log lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, is_ending, is_ready, key_of
from kubeglass.deploy.rollout.events import describe_events, list_events, occurrence_of
from kubeglass.deploy.rollout.pod_failure import Cause, find_hopeless_event, find_pod_failures
from kubeglass.deploy.rollout.revision import Revision, find_revision, list_pods
from kubeglass.deploy.rollout.status import WORKLOADS, State, read_progress

#: Of many pods with the same failure, these are enough.
PODS_READ = 3
#: Lines of a log to choose from: a server that fails to start prints a traceback per worker, and one of its own.
LINES_READ = 200
LINES_SHOWN = 20
_FRAME = re.compile(r'\s+File "(?P<path>[^"]+)", line \d+')
#: Frames of the interpreter, the server and libraries.
_FOREIGN = re.compile(r"/site-packages/|/lib/python\d|^<frozen ")


def find_causes(cluster: Cluster, keys: Iterable[ObjectKey]) -> dict[ObjectKey, Cause]:
    """Find, without waiting, what keeps each workload among ``keys`` from becoming ready.

    A deployment gives a cause up to its ``patience`` to pass before it fails.
    """
    causes = {}
    for key in keys:
        item = cluster.get(key) if key.kind in WORKLOADS else None
        if item is None or (progress := read_progress(item)).state is State.READY:
            continue
        if cause := find_cause(cluster, item, frozenset()):
            causes[key] = cause
        elif progress.state is State.FAILED:
            causes[key] = Cause(progress.message, evidence=describe_delay(cluster, item))
    return causes


def find_cause(cluster: Cluster, workload: KubernetesObject, known: AbstractSet[str]) -> Cause | None:
    """Find a cause that waiting does not remove; None as long as waiting may help.

    ``known`` are occurrences of events from before the rollout, which say nothing about it.
    """
    revision = find_revision(cluster, workload)
    if revision is None:
        return None
    pods = _waiting_pods(cluster, workload, revision)
    for about in _implicated(cluster, revision, pods):
        events = [event for event in list_events(cluster, about) if occurrence_of(event) not in known]
        if hopeless := find_hopeless_event(events):
            return replace(hopeless, evidence=tuple(describe_events(events)))
    for pod in pods:
        for failure in find_pod_failures(pod):
            return _explain(cluster, pod, failure)
    return None


def describe_delay(cluster: Cluster, workload: KubernetesObject) -> tuple[str, ...]:
    """Gather what explains a timeout: events, and the log of a container that is not ready."""
    revision = find_revision(cluster, workload)
    if revision is None:
        return ()
    pods = _waiting_pods(cluster, workload, revision)
    events = [event for about in _implicated(cluster, revision, pods) for event in list_events(cluster, about)]
    lines = describe_events(events)
    for pod in pods:
        for status in (pod.get("status") or {}).get("containerStatuses") or []:
            if not status.get("ready"):
                return (*lines, *_log_lines(cluster, pod, status["name"], previous=False))
    return tuple(lines)


def claims_of(cluster: Cluster, pod: KubernetesObject) -> Iterator[dict[str, Any]]:
    """Read the PersistentVolumeClaims that ``pod`` mounts."""
    for volume in pod["spec"].get("volumes") or []:
        if claim := volume.get("persistentVolumeClaim"):
            key = ObjectKey("v1", "PersistentVolumeClaim", claim["claimName"], pod["metadata"]["namespace"])
            if (item := cluster.get(key)) is not None:
                yield item


def _waiting_pods(cluster: Cluster, workload: KubernetesObject, revision: Revision) -> list[dict[str, Any]]:
    pods = list_pods(cluster, workload, revision)
    return [pod for pod in pods if not is_ready(pod) and not is_ending(pod)][:PODS_READ]


def _implicated(cluster: Cluster, revision: Revision, pods: list[dict[str, Any]]) -> Iterator[KubernetesObject]:
    """Return the objects whose events may show the cause; the maker only if it may have failed to make pods."""
    if not pods:
        yield revision.maker
    for pod in pods:
        if not _has_started(pod):
            yield pod
            yield from claims_of(cluster, pod)


def _has_started(pod: KubernetesObject) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return any("running" in (status.get("state") or {}) or status.get("restartCount") for status in statuses)


def _explain(cluster: Cluster, pod: KubernetesObject, failure: Cause) -> Cause | None:
    events = list_events(cluster, pod)
    if any(event.get("reason") == "TriggeredScaleUp" for event in events):
        # A node for it is on its way.
        return None
    log = _log_lines(cluster, pod, failure.container, previous=True) if failure.has_ended else []
    return replace(failure, evidence=(*describe_events(events), *log))


def _log_lines(cluster: Cluster, pod: KubernetesObject, container: str, *, previous: bool) -> list[str]:
    try:
        lines = cluster.read_log(key_of(pod), container, lines=LINES_READ, previous=previous)
    except RefusedError:
        # The kubelet has removed the log along with the container.
        return []
    return [f"log {container}: {line}" for line in excerpt_log(lines)]


def excerpt_log(lines: Iterable[str]) -> list[str]:
    """Keep the last lines of a log, oldest first, without traceback frames outside the app's own code."""
    return list(_own_lines(lines))[-LINES_SHOWN:]


def _own_lines(lines: Iterable[str]) -> Iterator[str]:
    is_own = True
    for line in lines:
        frame = _FRAME.match(line)
        if frame:
            is_own = not _FOREIGN.search(frame["path"])
        elif not line.startswith(" "):
            is_own = True
        if is_own and line.strip():
            yield line
