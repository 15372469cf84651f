"""The pipelines that are on the cluster, found by the labels of their objects, whoever applied them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError, MissingError
from kubeglass.deploy.api.objects import (
    OWNER,
    KubernetesObject,
    ObjectKey,
    is_clusterwide,
    key_of,
    pipeline_of,
    write_selector,
)
from kubeglass.deploy.release.inventory import inventory_key, read_inventory
from kubeglass.deploy.rollout.status import WORKLOADS
from kubeglass.render.kubernetes.names import MANAGED_BY, VERSIONS

_OURS = write_selector({MANAGED_BY: OWNER})
_CLAIM = "PersistentVolumeClaim"
#: Stands for every namespace that nobody named.
_ELSEWHERE = "*"


@dataclass(frozen=True, slots=True)
class Installed:
    """The pipeline of ``namespace`` as it is on the cluster.

    Args:
        namespace: the pipeline's own namespace.
        objects: what carries its labels, and the claims of its storage.
        missing: what a deployment made and somebody has deleted since.
        unseen: what the credentials may not list, in words.
    """

    namespace: str
    objects: Mapping[ObjectKey, KubernetesObject]
    missing: frozenset[ObjectKey] = frozenset()
    unseen: tuple[str, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether anything of it runs, or should; samples and a namespace may be left of one that was removed."""
        return any(key.kind in WORKLOADS or key.kind == "Service" for key in (*self.objects, *self.missing))


def find_pipelines(cluster: Cluster) -> list[str]:
    """Return the namespace of each pipeline on the cluster.

    Raises:
        ForbiddenError: the credentials may not list workloads in every namespace.
    """
    found = {
        pipeline_of(item) for kind in WORKLOADS for item in cluster.list_objects(VERSIONS[kind], kind, selector=_OURS)
    }
    return sorted(found - {""})


def read_installed(cluster: Cluster, namespace: str, kinds: Collection[str] = tuple(VERSIONS)) -> Installed:
    """Read what is on the cluster of the pipeline of ``namespace``, as far as the credentials allow.

    Raises:
        ClusterError: the inventory has been edited and cannot be read.
    """
    stored = read_inventory(cluster, namespace)
    places = sorted({namespace, *(key.namespace for key in stored if key.namespace)})
    objects: dict[ObjectKey, KubernetesObject] = {}
    hidden: list[tuple[str, str]] = []
    for kind in kinds:
        items, refused = _list(cluster, kind, places)
        objects |= {key_of(item): item for item in items if _belongs(item, namespace)}
        hidden += [(kind, place) for place in refused]
    objects.pop(inventory_key(namespace), None)
    absent = (key for key in stored.difference(objects) if key.kind in kinds)
    missing = frozenset(key for key in absent if (key.kind, key.namespace) not in hidden)
    return Installed(namespace, objects, missing, _describe(hidden, places))


def find_installed(cluster: Cluster, namespace: str) -> frozenset[ObjectKey]:
    """Return what deployments made, and what was applied otherwise and carries the pipeline's labels; no samples."""
    labelled = read_installed(cluster, namespace).objects
    return read_inventory(cluster, namespace).union(key for key in labelled if key.kind != _CLAIM)


def _list(cluster: Cluster, kind: str, places: Sequence[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return all objects of one kind that are ours, or those in ``places``; and where they may not be listed."""
    try:
        return cluster.list_objects(VERSIONS[kind], kind, selector=_OURS), []
    except MissingError:
        # A kind that this version of Kubernetes lacks.
        return [], []
    except ForbiddenError:
        if is_clusterwide(kind):
            return [], [""]
    found: list[dict[str, Any]] = []
    refused = [_ELSEWHERE]
    for place in places:
        try:
            found += cluster.list_objects(VERSIONS[kind], kind, namespace=place, selector=_OURS)
        except ForbiddenError:
            refused.append(place)
    return found, refused


def _describe(hidden: Sequence[tuple[str, str]], places: Sequence[str]) -> tuple[str, ...]:
    kinds = dict.fromkeys(f"{kind.lower()}s" for kind, place in hidden if place != _ELSEWHERE)
    others = [f"namespaces other than {', '.join(places)}"] if any(place == _ELSEWHERE for _, place in hidden) else []
    return (*kinds, *others)


def _belongs(item: KubernetesObject, namespace: str) -> bool:
    # The labels of a StatefulSet's claims can never change, so they do not name the pipeline.
    is_claim = item["kind"] == _CLAIM and item["metadata"]["namespace"] == namespace
    return pipeline_of(item) == namespace or (is_claim and not pipeline_of(item))
