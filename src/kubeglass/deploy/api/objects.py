"""Kubernetes objects as plain data: their keys, order, labels and status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lightkube.core.exceptions import LoadResourceError
from lightkube.core.resource import api_info
from lightkube.core.resource_registry import resource_registry
from lightkube.utils.quantity import parse_quantity

from kubeglass.errors import ClusterError
from kubeglass.render.kubernetes.names import MANAGED_BY, PART_OF, PIPELINE

KubernetesObject = Mapping[str, Any]
"""One object as the API server reads and writes it, decoded from JSON or YAML."""

OWNER = "kubeglass"
#: The earlier name of :data:`PIPELINE`; can go once no rendering in ``tests/cluster/previous`` has it.
EARLIER_PIPELINE = "kubeglass.dev/pipeline"

#: Kinds without a namespace, among those that kubeglass renders or reads.
_CLUSTER_KINDS = frozenset({"Namespace", "ClusterRole", "ClusterRoleBinding", "IngressClass", "Node", "PriorityClass"})

#: The order of applying: what others refer to comes first, storage before the collector that fills it, and the
#: collector before the apps.
_ORDER = (
    "Namespace",
    "PriorityClass",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "NetworkPolicy",
    "Secret",
    "ConfigMap",
    "PersistentVolumeClaim",
    "Service",
    "Ingress",
    "PodDisruptionBudget",
    "StatefulSet",
    "DaemonSet",
    "Deployment",
    "HorizontalPodAutoscaler",
)


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """The identity of an object, enough to read or delete it; a cluster-wide object has an empty namespace."""

    api_version: str
    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        """Format the key the way kubectl does: ``deployment/shop``."""
        return f"{self.kind.lower()}/{self.name}"


def key_of(item: KubernetesObject, *, namespace: str = "") -> ObjectKey:
    """Return the key of ``item``; if it names no namespace, it is in ``namespace``, unless its kind is cluster-wide."""
    metadata = item["metadata"]
    home = "" if is_clusterwide(item["kind"]) else metadata.get("namespace") or namespace
    return ObjectKey(item["apiVersion"], item["kind"], metadata["name"], home)


def is_clusterwide(kind: str) -> bool:
    """Return whether objects of ``kind`` are in no namespace."""
    return kind in _CLUSTER_KINDS


def path_of(key: ObjectKey) -> str:
    """Return an object's path on the API server; without a name, the path of the collection.

    Raises:
        ClusterError: the kind is not one of Kubernetes' own.
    """
    try:
        plural = api_info(resource_registry.load(key.api_version, key.kind)).plural
    except LoadResourceError as error:
        raise ClusterError(str(key), "is of an unknown kind", found=key.api_version) from error
    root = f"/apis/{key.api_version}" if "/" in key.api_version else f"/api/{key.api_version}"
    home = f"/namespaces/{key.namespace}" if key.namespace else ""
    return f"{root}{home}/{plural}" + (f"/{key.name}" if key.name else "")


def rank_of(kind: str) -> int:
    """Return the position of ``kind`` in the order of applying; unknown kinds come last."""
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def sort_for_apply(objects: Iterable[KubernetesObject]) -> list[KubernetesObject]:
    """Sort ``objects`` so that what others refer to comes first; objects of one kind keep their order."""
    return sorted(objects, key=lambda item: rank_of(item["kind"]))


def sort_for_deletion(keys: Iterable[ObjectKey]) -> list[ObjectKey]:
    """Sort ``keys`` so that what refers to others goes first, and namespaces last."""
    return sorted(keys, key=lambda key: (-rank_of(key.kind), key))


def write_selector(wanted: Mapping[str, str]) -> str:
    """Format a label selector that matches every pair, such as ``app=shop,tier=web``."""
    return ",".join(f"{name}={value}" for name, value in sorted(wanted.items()))


def labels_for(pipeline: str) -> dict[str, str]:
    """Return the labels of objects that the deployer itself makes for the pipeline of namespace ``pipeline``."""
    return {MANAGED_BY: OWNER, PART_OF: OWNER, PIPELINE: pipeline}


def is_made_by_kubeglass(item: KubernetesObject) -> bool:
    """Return whether kubeglass made ``item``, by the label that everything it renders carries."""
    return bool((item["metadata"].get("labels") or {}).get(MANAGED_BY) == OWNER)


def is_ours(item: KubernetesObject, pipeline: str) -> bool:
    """Return whether kubeglass made ``item`` for the pipeline of namespace ``pipeline``."""
    return is_made_by_kubeglass(item) and pipeline_of(item) == pipeline


def pipeline_of(item: KubernetesObject) -> str:
    """Return the pipeline that ``item`` belongs to, empty if it has no such label."""
    labels = item["metadata"].get("labels") or {}
    return str(labels.get(PIPELINE) or labels.get(EARLIER_PIPELINE, ""))


def is_ending(item: KubernetesObject) -> bool:
    """Return whether the object is being deleted; a pod may respond for a while yet."""
    return "deletionTimestamp" in item["metadata"]


def has_ended(pod: KubernetesObject) -> bool:
    """Return whether none of the pod's containers runs or will run again: it completed, failed or was evicted."""
    return (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}


def is_ready(item: KubernetesObject) -> bool:
    """Return whether a pod is ready for requests, or a node for pods, and not being deleted."""
    ready = find_condition(item, "Ready")
    return ready is not None and ready["status"] == "True" and not is_ending(item)


def address_of(pod: KubernetesObject, port: int) -> str:
    """Return the address of a port of ``pod``, as in a target's ``instance`` label."""
    address = str((pod.get("status") or {}).get("podIP", ""))
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def hosts_of(ingress: KubernetesObject) -> list[str]:
    """Return the host names of an Ingress."""
    return [rule["host"] for rule in ingress["spec"].get("rules") or [] if "host" in rule]


def urls_of(ingress: KubernetesObject) -> list[str]:
    """Return where an Ingress is served and, once its controller says so, the address that its names must lead to."""
    scheme = "https" if ingress["spec"].get("tls") else "http"
    points = ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    addresses = ", ".join(str(point.get("ip") or point.get("hostname", "")) for point in points)
    return [f"{scheme}://{host}{f' (at {addresses})' if addresses else ''}" for host in hosts_of(ingress)]


def owner_of(item: KubernetesObject) -> str:
    """Return the uid of the object whose controller made ``item``, empty if it has no controller."""
    for owner in item["metadata"].get("ownerReferences") or []:
        if owner.get("controller"):
            return str(owner["uid"])
    return ""


def is_observed(item: KubernetesObject) -> bool:
    """Return whether the controller has seen the current spec; until then the status describes an earlier one."""
    wanted = item["metadata"].get("generation", 0)
    observed = (item.get("status") or {}).get("observedGeneration", 0)
    return bool(observed >= wanted)


def parse_amount(amount: str | None) -> Decimal:
    """Return an amount of a resource, such as ``250m`` or ``1Gi``, as a number; 0 for None."""
    return parse_quantity(amount) or Decimal()


def find_condition(item: KubernetesObject, kind: str) -> dict[str, Any] | None:
    """Return the condition of type ``kind`` from the object's status, if it has one."""
    for condition in (item.get("status") or {}).get("conditions") or []:
        if condition["type"] == kind:
            return dict(condition)
    return None
