"""Find out why a workload does not become ready, from its pods, their events, their nodes and their logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, is_ending, is_ready
from kubeglass.deploy.causes.admission import explain_refusal
from kubeglass.deploy.causes.cause import ROOM_PATIENCE, Cause
from kubeglass.deploy.causes.events import describe_events, list_current_events, message_of, occurrence_of
from kubeglass.deploy.causes.log_causes import find_log_cause
from kubeglass.deploy.causes.log_excerpt import excerpt_log, read_log
from kubeglass.deploy.causes.nodes import claim_names
from kubeglass.deploy.causes.pod_failure import (
    find_hopeless_event,
    find_pod_failures,
    find_probe_failure,
    has_ended,
    has_started,
    list_unready,
)
from kubeglass.deploy.causes.scheduling import (
    awaits_another_look,
    find_barrier,
    find_scheduling_failure,
    is_unschedulable,
)
from kubeglass.deploy.rollout.queue_lock import explain_lock
from kubeglass.deploy.rollout.revision import Revision, find_revision, list_pods

#: Of many pods with the same failure, these are enough.
PODS_READ = 3
#: What an autoscaler says once it makes a node for the pod: https://github.com/kubernetes/autoscaler, and Karpenter.
_NODE_COMES = frozenset({"TriggeredScaleUp", "Nominated"})


def find_cause(cluster: Cluster, workload: KubernetesObject, known: AbstractSet[str]) -> Cause | None:
    """Find a cause that waiting does not remove; None as long as waiting may help.

    ``known`` are occurrences of events from before the rollout, which say nothing about it.
    """
    revision = find_revision(cluster, workload)
    if revision is None:
        return None
    pods = _waiting_pods(cluster, workload, revision)
    if not pods:
        return _explain_maker(cluster, workload, revision.maker, known)
    return next((cause for pod in pods if (cause := _explain_pod(cluster, pod, known))), None)


def describe_delay(cluster: Cluster, workload: KubernetesObject) -> tuple[str, ...]:
    """Gather what explains a timeout: events, and the log of a container that is not ready."""
    revision = find_revision(cluster, workload)
    if revision is None:
        return ()
    pods = _waiting_pods(cluster, workload, revision)
    about: list[KubernetesObject] = [item for pod in pods for item in (pod, *claims_of(cluster, pod))]
    about = about or [revision.maker]
    lines = describe_events(event for item in about for event in list_current_events(cluster, item))
    for pod in pods:
        for status in list_unready(pod):
            return (*lines, *_quote(status["name"], read_log(cluster, pod, status["name"], previous=False)))
    return tuple(lines)


def claims_of(cluster: Cluster, pod: KubernetesObject) -> Iterator[dict[str, Any]]:
    """Read the PersistentVolumeClaims that ``pod`` mounts."""
    for name in claim_names(pod):
        key = ObjectKey("v1", "PersistentVolumeClaim", name, pod["metadata"]["namespace"])
        if (item := cluster.get(key)) is not None:
            yield item


def _waiting_pods(cluster: Cluster, workload: KubernetesObject, revision: Revision) -> list[dict[str, Any]]:
    pods = list_pods(cluster, workload, revision)
    return [pod for pod in pods if not (is_ready(pod) or is_ending(pod) or has_ended(pod))][:PODS_READ]


def _explain_maker(
    cluster: Cluster, workload: KubernetesObject, maker: KubernetesObject, known: AbstractSet[str]
) -> Cause | None:
    """Explain why there is no pod: none was admitted, or no node is to have one."""
    events = _news(cluster, maker, known)
    refused = [message_of(event) for event in events if event.get("reason") == "FailedCreate"]
    if refused and (cause := explain_refusal(cluster, maker, refused[-1])):
        return replace(cause, evidence=tuple(describe_events(events)))
    if workload["kind"] == "DaemonSet" and not (workload.get("status") or {}).get("desiredNumberScheduled"):
        return find_barrier(workload["spec"]["template"], _nodes(cluster))
    return None


def _explain_pod(cluster: Cluster, pod: KubernetesObject, known: AbstractSet[str]) -> Cause | None:
    events = _news(cluster, pod, known)
    if any(event.get("reason") in _NODE_COMES for event in events):
        return None
    evidence = describe_events(events)
    if not has_started(pod):
        claims = list(claims_of(cluster, pod))
        for about in (pod, *claims):
            news = events if about is pod else _news(cluster, about, known)
            if cause := find_hopeless_event(about, news):
                return replace(cause, evidence=tuple(describe_events(news)))
        if is_unschedulable(pod):
            return None if awaits_another_look(pod, claims) else _explain_unschedulable(cluster, pod, evidence)
    for failure in find_pod_failures(pod):
        log = read_log(cluster, pod, failure.container, previous=True) if failure.has_ended else []
        words = find_log_cause(pod, failure.container, log, has_ended=True)
        if words:
            failure = replace(failure, message=f"{failure.message}: {words.message}", hint=words.hint)
        return explain_lock(cluster, pod, replace(failure, evidence=(*evidence, *_quote(failure.container, log))))
    return _explain_running(cluster, pod, events)


def _explain_unschedulable(cluster: Cluster, pod: KubernetesObject, evidence: Sequence[str]) -> Cause:
    cause = find_scheduling_failure(pod, _nodes(cluster))
    patience = max(cause.patience, ROOM_PATIENCE if _may_grow(cluster) else 0)
    return replace(cause, evidence=tuple(evidence), patience=patience)


def _explain_running(cluster: Cluster, pod: KubernetesObject, events: Sequence[Mapping[str, Any]]) -> Cause | None:
    """Explain a container that has not ended, or not twice, and is not ready."""
    for status in list_unready(pod):
        name, is_down = status["name"], "terminated" in (status.get("state") or {})
        runs = [(False, is_down), *([(True, True)] if status.get("restartCount") else [])]
        for previous, is_over in runs:
            log = read_log(cluster, pod, name, previous=previous)
            if cause := find_log_cause(pod, name, log, has_ended=is_over):
                where = f"pod {pod['metadata']['name']}, container {name}"
                evidence = (*describe_events(events), *_quote(name, log))
                return replace(cause, message=f"{where}: {cause.message}", evidence=evidence)
    cause = find_probe_failure(pod, events)
    return replace(cause, evidence=tuple(describe_events(events))) if cause else None


def _news(cluster: Cluster, about: KubernetesObject, known: AbstractSet[str]) -> list[dict[str, Any]]:
    return [event for event in list_current_events(cluster, about) if occurrence_of(event) not in known]


def _nodes(cluster: Cluster) -> list[dict[str, Any]]:
    """Read the nodes; none if these credentials may not."""
    try:
        return cluster.list_objects("v1", "Node")
    except ForbiddenError:
        return []


def _may_grow(cluster: Cluster) -> bool:
    """Return whether an autoscaler, which takes some seconds, may add a node for a pod that fits nowhere."""
    if any(group["name"] == "karpenter.sh" for group in cluster.read("/apis")["groups"]):
        return True
    try:
        return cluster.get(ObjectKey("v1", "ConfigMap", "cluster-autoscaler-status", "kube-system")) is not None
    except ForbiddenError:
        return False


def _quote(container: str, log: Iterable[str]) -> list[str]:
    return [f"log {container}: {line}" for line in excerpt_log(log)]
