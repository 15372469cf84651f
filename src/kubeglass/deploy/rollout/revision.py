"""Which pods were made from a workload's current template, by the labels that its controller sets.

A Deployment makes a ReplicaSet for each template, other workloads a ControllerRevision; pods carry its hash as a label.
https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject, is_observed, owner_of, write_selector

_NUMBER = "deployment.kubernetes.io/revision"
_TEMPLATE_HASH = "pod-template-hash"
_REVISION_HASH = "controller-revision-hash"


@dataclass(frozen=True, slots=True)
class Revision:
    """The current template of a workload: the labels that its pods have beside the workload's own.

    Their ``maker`` is the object whose controller makes them: a ReplicaSet, or the workload itself.
    """

    labels: dict[str, str]
    maker: KubernetesObject


def find_revision(cluster: Cluster, workload: KubernetesObject) -> Revision | None:
    """Find the current revision; None until the controller has seen the current template."""
    if not is_observed(workload):
        return None
    if workload["kind"] == "Deployment":
        number = (workload["metadata"].get("annotations") or {}).get(_NUMBER)
        for replica_set in _owned(cluster, workload, "ReplicaSet"):
            if number and (replica_set["metadata"].get("annotations") or {}).get(_NUMBER) == number:
                return Revision(_hash_of(replica_set, _TEMPLATE_HASH), replica_set)
        return None
    if workload["kind"] == "StatefulSet":
        name = (workload.get("status") or {}).get("updateRevision")
        return Revision({_REVISION_HASH: name}, workload) if name else None
    revisions = _owned(cluster, workload, "ControllerRevision")
    if not revisions:
        return None
    newest = max(revisions, key=lambda item: int(item.get("revision", 0)))
    return Revision(_hash_of(newest, _REVISION_HASH), workload)


def list_pods(cluster: Cluster, workload: KubernetesObject, revision: Revision) -> list[dict[str, Any]]:
    """Read the pods of one revision."""
    return _list(cluster, workload, "v1", "Pod", revision.labels)


def list_every_pod(cluster: Cluster, workload: KubernetesObject) -> list[dict[str, Any]]:
    """Read the pods of every revision, without pods of others that carry the same labels; a pod is its own."""
    if workload["kind"] == "Pod":
        return [dict(workload)]
    owners = {workload["metadata"]["uid"]}
    if workload["kind"] == "Deployment":
        owners = {item["metadata"]["uid"] for item in _owned(cluster, workload, "ReplicaSet")}
    return [pod for pod in _list(cluster, workload, "v1", "Pod") if owner_of(pod) in owners]


def _owned(cluster: Cluster, workload: KubernetesObject, kind: str) -> list[dict[str, Any]]:
    uid = workload["metadata"]["uid"]
    return [item for item in _list(cluster, workload, "apps/v1", kind) if owner_of(item) == uid]


def _list(
    cluster: Cluster, workload: KubernetesObject, api_version: str, kind: str, labels: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    selector = write_selector((workload["spec"]["selector"].get("matchLabels") or {}) | (labels or {}))
    return cluster.list_objects(api_version, kind, namespace=workload["metadata"]["namespace"], selector=selector)


def _hash_of(item: KubernetesObject, label: str) -> dict[str, str]:
    return {label: item["metadata"]["labels"][label]}
