"""What a Kubernetes object is to the deployer: plain data, and a key that names it on the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lightkube.core.exceptions import LoadResourceError
from lightkube.core.resource import api_info
from lightkube.core.resource_registry import resource_registry

from kubeglass.errors import ClusterError
from kubeglass.render.kubernetes.names import MANAGED_BY, PART_OF, PIPELINE

KubernetesObject = Mapping[str, Any]
"""One object as the API server reads and writes it, decoded from JSON or YAML."""

OWNER = "kubeglass"

#: Kinds without a namespace, as far as kubeglass renders them.
CLUSTER_KINDS = frozenset(
    {"Namespace", "ClusterRole", "ClusterRoleBinding", "PersistentVolume", "StorageClass", "Node"}
)


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """Which object: enough to read or delete it.

    Args:
        api_version: ``v1``, ``apps/v1`` …
        kind: ``Deployment`` …
        name: its name.
        namespace: its namespace, empty for an object of the whole cluster.
    """

    api_version: str
    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        """Write the key the way kubectl does: ``deployment/shop``."""
        return f"{self.kind.lower()}/{self.name}"


def key_of(item: KubernetesObject, *, namespace: str = "") -> ObjectKey:
    """Name ``item``; an object without a namespace of its own gets ``namespace``, unless its kind has none."""
    metadata = item["metadata"]
    home = "" if item["kind"] in CLUSTER_KINDS else metadata.get("namespace") or namespace
    return ObjectKey(item["apiVersion"], item["kind"], metadata["name"], home)


def path_of(key: ObjectKey) -> str:
    """Build an object's path; without a name, that of the collection.

    Raises:
        ClusterError: Kubernetes itself has no such kind.
    """
    try:
        plural = api_info(resource_registry.load(key.api_version, key.kind)).plural
    except LoadResourceError as error:
        raise ClusterError(str(key), "is of a kind kubeglass does not know", found=key.api_version) from error
    root = f"/apis/{key.api_version}" if "/" in key.api_version else f"/api/{key.api_version}"
    home = f"/namespaces/{key.namespace}" if key.namespace else ""
    return f"{root}{home}/{plural}" + (f"/{key.name}" if key.name else "")


def write_selector(wanted: Mapping[str, str]) -> str:
    """Write a label selector that asks for every pair of ``wanted``, such as ``app=shop,tier=web``."""
    return ",".join(f"{name}={value}" for name, value in sorted(wanted.items()))


def labels_for(pipeline: str) -> dict[str, str]:
    """Labels of what the deployer makes itself, for the pipeline of namespace ``pipeline``."""
    return {MANAGED_BY: OWNER, PART_OF: OWNER, PIPELINE: pipeline}


def is_made_by_kubeglass(item: KubernetesObject) -> bool:
    """Say whether kubeglass made ``item``, by the label that everything it renders carries."""
    return bool((item["metadata"].get("labels") or {}).get(MANAGED_BY) == OWNER)


def is_ours(item: KubernetesObject, pipeline: str) -> bool:
    """Say whether kubeglass made ``item`` for the pipeline of namespace ``pipeline``."""
    return is_made_by_kubeglass(item) and pipeline_of(item) == pipeline


def pipeline_of(item: KubernetesObject) -> str:
    """Read which pipeline ``item`` belongs to, empty when it does not say."""
    return str((item["metadata"].get("labels") or {}).get(PIPELINE, ""))


def is_ending(item: KubernetesObject) -> bool:
    """Say whether something was told to end; a pod may answer for a while yet."""
    return "deletionTimestamp" in item["metadata"]


def is_ready(item: KubernetesObject) -> bool:
    """Say whether a pod is ready for requests, or a node for pods, and here to stay."""
    ready = find_condition(item, "Ready")
    return ready is not None and ready["status"] == "True" and not is_ending(item)


def address_of(pod: KubernetesObject, port: int) -> str:
    """Write where ``pod`` answers, the way a target's ``instance`` label does."""
    address = str((pod.get("status") or {}).get("podIP", ""))
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def owner_of(item: KubernetesObject) -> str:
    """Find the uid of the object whose controller made ``item``; empty when nobody's did."""
    for owner in item["metadata"].get("ownerReferences") or []:
        if owner.get("controller"):
            return str(owner["uid"])
    return ""


def is_observed(item: KubernetesObject) -> bool:
    """Say whether the controller has seen the current spec; until then the status describes an earlier one."""
    wanted = item["metadata"].get("generation", 0)
    observed = (item.get("status") or {}).get("observedGeneration", 0)
    return bool(observed >= wanted)


def find_condition(item: KubernetesObject, kind: str) -> dict[str, Any] | None:
    """Find the condition of type ``kind`` in the object's status."""
    for condition in (item.get("status") or {}).get("conditions") or []:
        if condition["type"] == kind:
            return dict(condition)
    return None
