"""Delete objects in order, and undo whole deployments; what others made stays.

A namespace is deleted only if nothing else is in it. The API server is asked for its kinds, as anybody may have added
some. Objects that Kubernetes puts into every namespace do not count, nor do those that go with their owner or only
describe others, such as events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.api.objects import (
    OWNER,
    KubernetesObject,
    ObjectKey,
    is_ending,
    is_ours,
    key_of,
    rank_of,
    sort_for_deletion,
    write_selector,
)
from kubeglass.deploy.release.apply import Applied, Change, delete_object, wait_until_gone
from kubeglass.deploy.release.installed import find_installed
from kubeglass.deploy.release.inventory import inventory_key, store_inventory
from kubeglass.deploy.rollout.wait import Clock
from kubeglass.render.kubernetes.names import MANAGED_BY, PART_OF

#: How many of the objects that keep a namespace are named.
NAMED = 3
#: A StatefulSet's claims carry the labels of its template, which can never change, and so not the pipeline's.
NO_PIPELINE = ""

#: Kinds that only describe other objects, or follow them.
_FOLLOWERS = frozenset({"Event", "Endpoints", "EndpointSlice", "Lease", "PodMetrics", "ControllerRevision"})
#: Made in every namespace, by Kubernetes or by OpenShift.
_EVERYWHERE = frozenset(
    {
        ("ConfigMap", "kube-root-ca.crt"),
        ("ConfigMap", "openshift-service-ca.crt"),
        ("ServiceAccount", "default"),
        ("ServiceAccount", "builder"),
        ("ServiceAccount", "deployer"),
        ("RoleBinding", "system:deployers"),
        ("RoleBinding", "system:image-builders"),
        ("RoleBinding", "system:image-pullers"),
    }
)
_ACCOUNT_OF_TOKEN = "kubernetes.io/service-account.name"  # noqa: S105  # an annotation's name

Tell = Callable[[Applied], None]
"""Called with every object as it is applied or deleted."""


def remove(
    cluster: Cluster, keys: Iterable[ObjectKey], *, pipeline: str, timeout: float, clock: Clock, tell: Tell
) -> list[Applied]:
    """Delete one kind after another, each once the one before is gone: an app ends before what counts its requests.

    Raises:
        ClusterError: the server refused, or an object still exists after ``timeout`` seconds.
    """
    deleted = []
    for _, group in groupby(sort_for_deletion(keys), key=lambda key: rank_of(key.kind)):
        gone = [applied for key in group if (applied := delete_object(cluster, key, pipeline=pipeline))]
        for applied in gone:
            tell(applied)
        awaited = [applied.key for applied in gone if applied.change is Change.DELETED]
        wait_until_gone(cluster, awaited, timeout=timeout, clock=clock)
        deleted += gone
    return deleted


def undeploy(cluster: Cluster, namespace: str, *, purge: bool, timeout: float, clock: Clock, tell: Tell) -> bool:
    """Delete the pipeline of this namespace, whoever applied it, the apps first and the storage last.

    With ``purge``, also the samples (PersistentVolumeClaims) and the namespaces that kubeglass made; a namespace that
    holds anything else stays.

    Returns:
        Whether there was anything to delete.

    Raises:
        ClusterError: the server refused, or a kind of object still exists after ``timeout`` seconds.
    """
    inventory = find_installed(cluster, namespace)
    namespaces = {key for key in inventory if key.kind == "Namespace"}
    found = remove(cluster, inventory - namespaces, pipeline=namespace, timeout=timeout, clock=clock, tell=tell)
    if purge:
        claims = _claims(cluster, namespace)
        found += remove(cluster, claims, pipeline=NO_PIPELINE, timeout=timeout, clock=clock, tell=tell)
        cluster.delete(inventory_key(namespace))
        held = _tell_held(cluster, namespaces, namespace, tell)
        found += remove(cluster, namespaces - held, pipeline=namespace, timeout=timeout, clock=clock, tell=tell)
        namespaces = held
    if inventory and (not purge or ObjectKey("v1", "Namespace", namespace) in namespaces):
        # For a later --purge.
        store_inventory(cluster, namespaces, namespace)
    return bool(found or (purge and namespaces))


def _tell_held(cluster: Cluster, namespaces: Iterable[ObjectKey], pipeline: str, tell: Tell) -> set[ObjectKey]:
    """Return the namespaces that kubeglass made and that contain objects of others."""
    held = set()
    for key in sorted(namespaces):
        live = cluster.get(key)
        leftovers = find_leftovers(cluster, key.name) if live and is_ours(live, pipeline) else []
        if leftovers:
            more = f" and {len(leftovers) - NAMED} more" if len(leftovers) > NAMED else ""
            tell(Applied(key, Change.HELD, f"{', '.join(leftovers[:NAMED])}{more}"))
            held.add(key)
    return held


def _claims(cluster: Cluster, namespace: str) -> list[ObjectKey]:
    ours = write_selector({MANAGED_BY: OWNER, PART_OF: OWNER})
    return [
        key_of(item) for item in cluster.list_objects("v1", "PersistentVolumeClaim", namespace=namespace, selector=ours)
    ]


def find_leftovers(cluster: Cluster, namespace: str) -> list[str]:
    """Return what others made in ``namespace``, as ``kind/name``, and which API groups cannot be listed."""
    found: list[str] = []
    versions = [group["preferredVersion"]["groupVersion"] for group in cluster.read("/apis")["groups"]]
    for path in ("/api/v1", *(f"/apis/{version}" for version in versions)):
        try:
            for resource in filter(_is_listed, cluster.read(path).get("resources") or []):
                kind, plural = resource["kind"], resource["name"]
                items = cluster.read(f"{path}/namespaces/{namespace}/{plural}").get("items") or []
                found += [f"{kind.lower()}/{item['metadata']['name']}" for item in items if _counts(kind, item)]
        except RefusedError:
            found.append(f"objects of {path.rpartition('/apis/')[2]}, which cannot be listed")
    return found


def _is_listed(resource: Mapping[str, Any]) -> bool:
    """Return whether people make objects of this kind in namespaces; a subresource does not count."""
    can_be_deleted = {"list", "delete"} <= set(resource.get("verbs") or [])
    is_subresource = "/" in resource["name"]
    return resource["namespaced"] and can_be_deleted and not is_subresource and resource["kind"] not in _FOLLOWERS


def _counts(kind: str, item: KubernetesObject) -> bool:
    about = item["metadata"]
    is_of_an_account = _ACCOUNT_OF_TOKEN in (about.get("annotations") or {})
    is_made_by_kubernetes = (kind, about["name"]) in _EVERYWHERE or is_of_an_account
    return not (is_made_by_kubernetes or about.get("ownerReferences") or is_ending(item))
