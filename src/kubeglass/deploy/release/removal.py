"""Delete objects in order, and undo whole deployments; what others made stays.

A namespace is deleted only if nothing else is in it. The API server is asked for its kinds, as anybody may have added
some. Objects that Kubernetes puts into every namespace do not count, nor do those that go with their owner or only
describe others, such as events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.api.kubernetes_api import KubernetesApi
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
from kubeglass.deploy.clock import Clock
from kubeglass.deploy.release.apply import Applied, Change, delete_object, wait_until_gone
from kubeglass.deploy.release.inventory import Inventory, inventory_key, read_inventory, store_inventory
from kubeglass.render.kubernetes.names import MANAGED_BY, PART_OF

#: How many of the objects that hold a namespace are named.
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


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object that lives in namespaces and can be deleted.

    Args:
        path: of the API version, such as ``/apis/apps/v1``.
        kind: such as ``Deployment``.
        plural: its name in paths.
    """

    path: str
    kind: str
    plural: str


def remove(
    api: KubernetesApi, keys: Iterable[ObjectKey], *, pipeline: str, timeout: float, clock: Clock, tell: Tell
) -> list[Applied]:
    """Delete one kind after another, each once the one before is gone: an app ends before what counts its requests.

    Raises:
        ClusterError: the server refused, or an object still exists after ``timeout`` seconds.
    """
    deleted = []
    for _, group in groupby(sort_for_deletion(keys), key=lambda key: rank_of(key.kind)):
        gone = [applied for key in group if (applied := delete_object(api, key, pipeline=pipeline))]
        for applied in gone:
            tell(applied)
        awaited = [applied.key for applied in gone if applied.change is Change.DELETED]
        wait_until_gone(api, awaited, timeout=timeout, clock=clock)
        deleted += gone
    return deleted


def undeploy(api: KubernetesApi, namespace: str, *, purge: bool, timeout: float, clock: Clock, tell: Tell) -> bool:
    """Delete what deployments of this namespace made, the apps first and the storage last.

    Args:
        api: the cluster.
        namespace: the pipeline's namespace.
        purge: also delete the samples (PersistentVolumeClaims) and the namespaces that kubeglass made; a namespace that
            holds anything else stays.
        timeout: seconds to wait for each kind to be gone.
        clock: the clock to wait by.
        tell: called with every object.

    Returns:
        Whether there was anything to delete.

    Raises:
        ClusterError: the server refused, or an object still exists after the timeout.
    """
    stored = api.get(inventory_key(namespace))
    inventory = read_inventory(stored)
    namespaces = {key for key in inventory.keys if key.kind == "Namespace"}
    found = remove(api, inventory.keys - namespaces, pipeline=namespace, timeout=timeout, clock=clock, tell=tell)
    if purge:
        claims = _claims(api, namespace)
        found += remove(api, claims, pipeline=NO_PIPELINE, timeout=timeout, clock=clock, tell=tell)
        api.delete(inventory_key(namespace))
        held = _tell_held(api, namespaces, namespace, tell)
        found += remove(api, namespaces - held, pipeline=namespace, timeout=timeout, clock=clock, tell=tell)
        namespaces = held
    if stored is not None and (not purge or ObjectKey("v1", "Namespace", namespace) in namespaces):
        # For a later --purge.
        store_inventory(api, Inventory(frozenset(namespaces)), namespace)
    return bool(found or (purge and namespaces))


def _tell_held(api: KubernetesApi, namespaces: Iterable[ObjectKey], pipeline: str, tell: Tell) -> set[ObjectKey]:
    """Return the namespaces that kubeglass made and that hold objects of others."""
    held = set()
    for key in sorted(namespaces):
        live = api.get(key)
        leftovers = find_leftovers(api, key.name) if live and is_ours(live, pipeline) else []
        if leftovers:
            more = f" and {len(leftovers) - NAMED} more" if len(leftovers) > NAMED else ""
            tell(Applied(key, Change.HELD, f"{', '.join(leftovers[:NAMED])}{more}"))
            held.add(key)
    return held


def _claims(api: KubernetesApi, namespace: str) -> list[ObjectKey]:
    ours = write_selector({MANAGED_BY: OWNER, PART_OF: OWNER})
    return [
        key_of(item) for item in api.list_objects("v1", "PersistentVolumeClaim", namespace=namespace, selector=ours)
    ]


def find_leftovers(api: KubernetesApi, namespace: str) -> list[str]:
    """Return what is in ``namespace``, as ``kind/name``, and which API groups cannot be listed.

    Args:
        api: the cluster.
        namespace: the namespace, without the objects that kubeglass made.
    """
    found: list[str] = []
    for path in _versions(api):
        try:
            kinds = list(_kinds(api, path))
            for kind in kinds:
                items = api.read(f"{path}/namespaces/{namespace}/{kind.plural}").get("items") or []
                found += [f"{kind.kind.lower()}/{item['metadata']['name']}" for item in items if _counts(kind, item)]
        except RefusedError:
            found.append(f"objects of {path.rpartition('/apis/')[2]}, which cannot be listed")
    return found


def _versions(api: KubernetesApi) -> Iterator[str]:
    yield "/api/v1"
    for group in api.read("/apis")["groups"]:
        yield f"/apis/{group['preferredVersion']['groupVersion']}"


def _kinds(api: KubernetesApi, path: str) -> Iterator[Kind]:
    for resource in api.read(path).get("resources") or []:
        verbs = resource.get("verbs") or []
        is_listed = resource["namespaced"] and "/" not in resource["name"] and {"list", "delete"} <= set(verbs)
        if is_listed and resource["kind"] not in _FOLLOWERS:
            yield Kind(path, resource["kind"], resource["name"])


def _counts(kind: Kind, item: KubernetesObject) -> bool:
    about: Mapping[str, Any] = item["metadata"]
    is_of_an_account = _ACCOUNT_OF_TOKEN in (about.get("annotations") or {})
    is_made_by_kubernetes = (kind.kind, about["name"]) in _EVERYWHERE or is_of_an_account
    return not (is_made_by_kubernetes or about.get("ownerReferences") or is_ending(item))
