"""Which pods were made from a workload's present template, by its controller's own marks.

A Deployment makes a ReplicaSet for each template, the others a ControllerRevision; its hash is a label of its pods.
https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from kubeglass.deploy.objects import KubernetesObject, write_selector
from kubeglass.deploy.pods import owner_of
from kubeglass.deploy.settled.progress import is_observed

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})

_NUMBER = "deployment.kubernetes.io/revision"
_TEMPLATE_HASH = "pod-template-hash"
_REVISION_HASH = "controller-revision-hash"


class Lister(Protocol):
    """What finding pods reads from a cluster."""

    def list_objects(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        """Read all objects of a kind."""
        ...


@dataclass(frozen=True, slots=True)
class Revision:
    """A workload's present template, as its controller knows it.

    Args:
        labels: what its pods carry beside the workload's own labels.
        maker: the object whose controller makes the pods: a ReplicaSet, or the workload itself.
    """

    labels: dict[str, str]
    maker: KubernetesObject


def find_revision(lister: Lister, workload: KubernetesObject) -> Revision | None:
    """Find the present revision; None as long as the controller has not seen the present template."""
    if not is_observed(workload):
        return None
    if workload["kind"] == "Deployment":
        number = (workload["metadata"].get("annotations") or {}).get(_NUMBER)
        for replica_set in _owned(lister, workload, "ReplicaSet"):
            if number and (replica_set["metadata"].get("annotations") or {}).get(_NUMBER) == number:
                return Revision(_hash_of(replica_set, _TEMPLATE_HASH), replica_set)
        return None
    if workload["kind"] == "StatefulSet":
        name = (workload.get("status") or {}).get("updateRevision")
        return Revision({_REVISION_HASH: name}, workload) if name else None
    revisions = _owned(lister, workload, "ControllerRevision")
    if not revisions:
        return None
    newest = max(revisions, key=lambda item: int(item.get("revision", 0)))
    return Revision(_hash_of(newest, _REVISION_HASH), workload)


def list_pods(lister: Lister, workload: KubernetesObject, revision: Revision) -> list[dict[str, Any]]:
    """Read the pods of one revision."""
    return _list(lister, workload, "v1", "Pod", revision.labels)


def list_every_pod(lister: Lister, workload: KubernetesObject) -> list[dict[str, Any]]:
    """Read the pods of every revision; somebody else's with the same labels are none of the workload's."""
    owners = {workload["metadata"]["uid"]}
    if workload["kind"] == "Deployment":
        owners = {item["metadata"]["uid"] for item in _owned(lister, workload, "ReplicaSet")}
    return [pod for pod in _list(lister, workload, "v1", "Pod") if owner_of(pod) in owners]


def _owned(lister: Lister, workload: KubernetesObject, kind: str) -> list[dict[str, Any]]:
    uid = workload["metadata"]["uid"]
    return [item for item in _list(lister, workload, "apps/v1", kind) if owner_of(item) == uid]


def _list(
    lister: Lister, workload: KubernetesObject, api_version: str, kind: str, labels: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    selector = write_selector(workload["spec"]["selector"]["matchLabels"] | (labels or {}))
    return lister.list_objects(api_version, kind, namespace=workload["metadata"]["namespace"], selector=selector)


def _hash_of(item: KubernetesObject, label: str) -> dict[str, str]:
    return {label: item["metadata"]["labels"][label]}
