"""What a Kubernetes object is to the deployer: plain data, and a key that names it on the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
