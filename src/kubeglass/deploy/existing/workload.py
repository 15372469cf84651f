"""The workload and the pods of an app that is on the cluster already."""

from __future__ import annotations

from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, has_ended, is_ending, key_of
from kubeglass.deploy.rollout.revision import list_every_pod
from kubeglass.model.sections.existing import Controller, ExistingPods
from kubeglass.render.kubernetes.names import VERSIONS

KINDS = {
    Controller.DEPLOYMENT: "Deployment",
    Controller.STATEFUL_SET: "StatefulSet",
    Controller.DAEMON_SET: "DaemonSet",
}


def workload_key(existing: ExistingPods) -> ObjectKey | None:
    """Return the key of the workload; None if the pods are chosen by labels."""
    if existing.kind is None:
        return None
    kind = KINDS[existing.kind]
    return ObjectKey(VERSIONS[kind], kind, existing.name or "", existing.namespace)


def find_workload(cluster: Cluster, existing: ExistingPods) -> KubernetesObject | None:
    """Read the workload; None if it does not exist, or if the pods are chosen by labels."""
    key = workload_key(existing)
    return cluster.get(key) if key else None


def list_existing(cluster: Cluster, existing: ExistingPods) -> list[dict[str, Any]]:
    """Read the app's pods, without those that are terminating or have ended."""
    if existing.kind is None:
        pods = cluster.list_objects("v1", "Pod", namespace=existing.namespace, selector=existing.selector)
    else:
        workload = find_workload(cluster, existing)
        pods = list_every_pod(cluster, workload) if workload else []
    return [pod for pod in pods if not is_ending(pod) and not has_ended(pod)]


def find_workloads(cluster: Cluster, existing: ExistingPods) -> list[KubernetesObject]:
    """Read the workloads that make the app's pods, and those of its pods that no known kind of workload makes."""
    if existing.kind is not None:
        workload = find_workload(cluster, existing)
        return [workload] if workload else []
    found = [_find_maker(cluster, pod) for pod in list_existing(cluster, existing)]
    return list({key_of(item): item for item in found}.values())


def _find_maker(cluster: Cluster, item: KubernetesObject) -> KubernetesObject:
    """Follow the controllers of a pod to its workload."""
    owners = (owner for owner in item["metadata"].get("ownerReferences") or [] if owner.get("controller"))
    for owner in owners:
        if owner["kind"] in {"ReplicaSet", *KINDS.values()} and owner["apiVersion"] == "apps/v1":
            key = ObjectKey("apps/v1", owner["kind"], owner["name"], item["metadata"]["namespace"])
            if (maker := cluster.get(key)) is not None:
                return _find_maker(cluster, maker)
    return item


def count_wanted(cluster: Cluster, existing: ExistingPods) -> int:
    """Return how many pods the app should have at this moment; of pods chosen by labels, as many as there are."""
    if existing.kind is None:
        return max(1, len(list_existing(cluster, existing)))
    workload = find_workload(cluster, existing)
    if workload is None:
        return 1
    if existing.kind is Controller.DAEMON_SET:
        return int((workload.get("status") or {}).get("desiredNumberScheduled", 0))
    return int(workload["spec"].get("replicas", 1))
