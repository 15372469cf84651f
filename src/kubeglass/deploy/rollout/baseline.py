"""What was wrong before a deployment: it is no evidence against it, and is cleared away once it begins.

The kubelet retries a stuck pod only every few minutes, and until then its status and events describe the last attempt.
Stuck pods are therefore deleted, so that a deployment which fixes them starts new ones at once, and only new failures
count. This also frees a StatefulSet, which never replaces a broken pod by itself:
https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import MissingError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, is_ending, is_ready, key_of
from kubeglass.deploy.causes.events import is_refused, list_current_events, list_events, occurrence_of
from kubeglass.deploy.causes.pod_failure import find_hopeless_event, find_pod_failures
from kubeglass.deploy.rollout.diagnosis import claims_of
from kubeglass.deploy.rollout.revision import find_revision, list_every_pod
from kubeglass.deploy.rollout.status import WORKLOADS, State, read_progress

#: Passes or becomes ``ImagePullBackOff``; either way the next attempt is some time off.
_PULL_FAILED = "ErrImagePull"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was wrong before a deployment: occurrences of events, failed workloads by generation, and stuck pods.

    ``refused`` are the makers whose pods or claims were not admitted.
    """

    events: frozenset[str] = frozenset()
    failed: frozenset[tuple[ObjectKey, int]] = frozenset()
    stuck: tuple[ObjectKey, ...] = ()
    refused: tuple[ObjectKey, ...] = ()


def read_baseline(cluster: Cluster, keys: Iterable[ObjectKey]) -> Baseline:
    """Read what is wrong with the workloads among ``keys`` now; a healthy one takes one request."""
    events: set[str] = set()
    failed: set[tuple[ObjectKey, int]] = set()
    stuck: list[ObjectKey] = []
    refused: list[ObjectKey] = []
    for key in keys:
        workload = cluster.get(key) if key.kind in WORKLOADS else None
        if workload is None or (state := read_progress(workload).state) is State.READY:
            continue
        if state is State.FAILED:
            failed.add((key, generation_of(workload)))
        revision = find_revision(cluster, workload)
        for maker in [revision.maker] if revision else []:
            events |= _occurrences(cluster, [maker])
            refused += [key_of(maker)] if is_refused(list_current_events(cluster, maker)) else []
        for pod in list_every_pod(cluster, workload):
            if not is_ready(pod) and not is_ending(pod):
                events |= _occurrences(cluster, [pod, *claims_of(cluster, pod)])
                stuck += [key_of(pod)] if _is_stuck(cluster, pod) else []
    return Baseline(frozenset(events), frozenset(failed), tuple(stuck), tuple(refused))


def retry_refused(cluster: Cluster, maker: ObjectKey) -> None:
    """Have a controller try at once what was refused: it does at any change of ``maker``, such as a passing label.

    By itself it waits up to 17 minutes after many refusals.
    """
    label = "/metadata/labels/retried"
    try:
        cluster.patch(maker, [{"op": "add", "path": label, "value": "true"}])
        cluster.patch(maker, [{"op": "remove", "path": label}])
    except MissingError:
        # Its workload has another template by now.
        return


def generation_of(item: KubernetesObject) -> int:
    """Return the version of the object's spec."""
    return int(item["metadata"].get("generation", 0))


def _occurrences(cluster: Cluster, about: Iterable[KubernetesObject]) -> set[str]:
    return {occurrence_of(event) for item in about for event in list_events(cluster, item)}


def _is_stuck(cluster: Cluster, pod: KubernetesObject) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    reasons = {((status.get("state") or {}).get("waiting") or {}).get("reason") for status in statuses}
    return (
        any(failure.container for failure in find_pod_failures(pod))
        or _PULL_FAILED in reasons
        or find_hopeless_event(pod, list_current_events(cluster, pod)) is not None
    )
