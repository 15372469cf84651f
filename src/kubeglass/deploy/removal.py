"""Takes objects away again in order, and undoes whole deployments; what others made stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, Protocol

from kubeglass.deploy.apply import Applied, Change, Writer, delete_object, wait_until_gone
from kubeglass.deploy.clock import Clock
from kubeglass.deploy.leftovers import Surveyor, find_leftovers
from kubeglass.deploy.objects import OWNER, ObjectKey, is_ours, key_of, write_selector
from kubeglass.deploy.order import rank_of, sort_for_deletion
from kubeglass.deploy.prune import Inventory, inventory_key, read_inventory, store_inventory
from kubeglass.render.kubernetes.names import MANAGED_BY, PART_OF

#: Of what holds a namespace, so many are named.
NAMED = 3
#: A StatefulSet's claims carry the labels of its template, which may never change, and so not the pipeline's.
NO_PIPELINE = ""

Tell = Callable[[Applied], None]
"""Told of every object as it is applied or deleted."""


class Remover(Writer, Surveyor, Protocol):
    """What undoing a deployment needs from a cluster."""

    def list_objects(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        """Read all objects of a kind."""
        ...


def remove(
    writer: Writer, keys: Iterable[ObjectKey], *, pipeline: str, timeout: float, clock: Clock, tell: Tell
) -> list[Applied]:
    """Delete kind after kind, each only when the one before is gone: an app ends before what counts its requests.

    Raises:
        ClusterError: the server refused, or an object does not go within ``timeout`` seconds.
    """
    deleted = []
    for _, group in groupby(sort_for_deletion(keys), key=lambda key: rank_of(key.kind)):
        gone = [applied for key in group if (applied := delete_object(writer, key, pipeline=pipeline))]
        for applied in gone:
            tell(applied)
        awaited = [applied.key for applied in gone if applied.change is Change.DELETED]
        wait_until_gone(writer, awaited, timeout=timeout, clock=clock)
        deleted += gone
    return deleted


def undeploy(target: Remover, namespace: str, *, purge: bool, timeout: float, clock: Clock, tell: Tell) -> bool:
    """Remove what deployments of this namespace made, the apps first and the storage last.

    Args:
        target: the cluster.
        namespace: the pipeline's namespace.
        purge: delete the samples (PersistentVolumeClaims), and the namespaces that kubeglass made, too; a namespace
            that holds anything else stays.
        timeout: seconds until each kind of object must be gone.
        clock: what to wait by.
        tell: told of every object.

    Returns:
        Whether there was anything to remove.

    Raises:
        ClusterError: the server refused, or an object does not go.
    """
    stored = target.get(inventory_key(namespace))
    inventory = read_inventory(stored)
    namespaces = {key for key in inventory.keys if key.kind == "Namespace"}
    found = remove(target, inventory.keys - namespaces, pipeline=namespace, timeout=timeout, clock=clock, tell=tell)
    if purge:
        claims = _claims(target, namespace)
        found += remove(target, claims, pipeline=NO_PIPELINE, timeout=timeout, clock=clock, tell=tell)
        target.delete(inventory_key(namespace))
        held = _tell_held(target, namespaces, namespace, tell)
        found += remove(target, namespaces - held, pipeline=namespace, timeout=timeout, clock=clock, tell=tell)
        namespaces = held
    if stored is not None and (not purge or ObjectKey("v1", "Namespace", namespace) in namespaces):
        # What stays is remembered, for a later --purge.
        store_inventory(target, Inventory(frozenset(namespaces)), namespace)
    return bool(found or (purge and namespaces))


def _tell_held(target: Remover, namespaces: Iterable[ObjectKey], pipeline: str, tell: Tell) -> set[ObjectKey]:
    """Find the namespaces of ours that hold what others made."""
    held = set()
    for key in sorted(namespaces):
        live = target.get(key)
        leftovers = find_leftovers(target, key.name) if live and is_ours(live, pipeline) else []
        if leftovers:
            more = f" and {len(leftovers) - NAMED} more" if len(leftovers) > NAMED else ""
            tell(Applied(key, Change.HELD, f"{', '.join(leftovers[:NAMED])}{more}"))
            held.add(key)
    return held


def _claims(target: Remover, namespace: str) -> list[ObjectKey]:
    ours = write_selector({MANAGED_BY: OWNER, PART_OF: OWNER})
    return [
        key_of(item) for item in target.list_objects("v1", "PersistentVolumeClaim", namespace=namespace, selector=ours)
    ]
