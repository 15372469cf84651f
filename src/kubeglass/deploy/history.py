"""What was wrong before a deployment: it is no evidence against it, and is out of its way once it begins.

The kubelet tries a stuck pod again only every few minutes, and its status and events say until then what was wrong the
last time. So whoever has mended that and deploys again gets new pods at once, and is told new troubles only. It also
frees a StatefulSet, which never replaces a broken pod by itself:
https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kubeglass.deploy.cause import Reader, claims_of
from kubeglass.deploy.events import list_events, occurrence_of
from kubeglass.deploy.objects import KubernetesObject, ObjectKey, key_of
from kubeglass.deploy.pods import is_ending, is_ready
from kubeglass.deploy.revision import WORKLOADS, find_revision, list_every_pod
from kubeglass.deploy.settled import State, judge
from kubeglass.deploy.trouble import find_hopeless_event, find_trouble

#: Passes by itself or becomes ``ImagePullBackOff``; either way the next try is some time off.
_PULL_FAILED = "ErrImagePull"


@dataclass(frozen=True, slots=True)
class History:
    """What was wrong before.

    Args:
        events: occurrences of events.
        failed: workloads that had failed, each with the generation that had.
        stuck: pods that do not start.
    """

    events: frozenset[str] = frozenset()
    failed: frozenset[tuple[ObjectKey, int]] = frozenset()
    stuck: tuple[ObjectKey, ...] = ()


def read_history(reader: Reader, keys: Iterable[ObjectKey]) -> History:
    """Read what is wrong with the workloads among ``keys`` now; those that are well take one read each."""
    events: set[str] = set()
    failed: set[tuple[ObjectKey, int]] = set()
    stuck: list[ObjectKey] = []
    for key in keys:
        workload = reader.get(key) if key.kind in WORKLOADS else None
        if workload is None or (state := judge(workload).state) is State.SETTLED:
            continue
        if state is State.FAILED:
            failed.add((key, generation_of(workload)))
        revision = find_revision(reader, workload)
        makers = [revision.maker] if revision else []
        events |= _occurrences(reader, makers)
        for pod in list_every_pod(reader, workload):
            if not is_ready(pod) and not is_ending(pod):
                events |= _occurrences(reader, [pod, *claims_of(reader, pod)])
                stuck += [key_of(pod)] if _is_stuck(reader, pod) else []
    return History(frozenset(events), frozenset(failed), tuple(stuck))


def generation_of(item: KubernetesObject) -> int:
    """Read which version of its spec an object has."""
    return int(item["metadata"].get("generation", 0))


def _occurrences(reader: Reader, about: Iterable[KubernetesObject]) -> set[str]:
    return {occurrence_of(event) for item in about for event in list_events(reader, item)}


def _is_stuck(reader: Reader, pod: KubernetesObject) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    reasons = {((status.get("state") or {}).get("waiting") or {}).get("reason") for status in statuses}
    return (
        any(trouble.container for trouble in find_trouble(pod))
        or _PULL_FAILED in reasons
        or find_hopeless_event(list_events(reader, pod)) is not None
    )
