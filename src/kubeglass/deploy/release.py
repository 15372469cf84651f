"""One deployment from beginning to end: inventory, apply in order, wait, prune; and its undoing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

from kubeglass.deploy.apply import Applied, Change, Writer, apply_object, delete_object, diff_object, wait_until_gone
from kubeglass.deploy.clock import Clock
from kubeglass.deploy.objects import MANAGED_BY, OWNER, PART_OF, KubernetesObject, ObjectKey, key_of
from kubeglass.deploy.order import rank_of, sort_for_apply, sort_for_deletion
from kubeglass.deploy.prune import Inventory, inventory_key, read_inventory, write_inventory
from kubeglass.deploy.rollout import Report, Source, wait_until_settled
from kubeglass.render.kubernetes.names import GRAFANA, GRAFANA_SECRET, GRAFANA_SECRET_KEY

Tell = Callable[[Applied], None]
"""Told of every object as it is applied or deleted."""


class Target(Writer, Source, Protocol):
    """What a release needs from a cluster."""


@dataclass(frozen=True, slots=True)
class Release:
    """What is to be on the cluster.

    Args:
        namespace: the pipeline's namespace, which also keeps the inventory.
        objects: everything rendered.
        force: whether to take over fields that other managers own.
    """

    namespace: str
    objects: Sequence[KubernetesObject]
    force: bool = False

    @property
    def ordered(self) -> list[KubernetesObject]:
        """The objects as they are applied."""
        return sort_for_apply(self.objects)

    @property
    def keys(self) -> list[ObjectKey]:
        """Every object's key, and that of the password's Secret if Grafana is among them."""
        keys = [key_of(item, namespace=self.namespace) for item in self.ordered]
        return [*keys, *([_secret_key(self.namespace)] if self._has_grafana(keys) else [])]

    @staticmethod
    def _has_grafana(keys: Iterable[ObjectKey]) -> bool:
        return any(key.kind == "Deployment" and key.name == GRAFANA for key in keys)


def preview(target: Target, release: Release) -> str:
    """Show as a unified diff what :func:`deploy` would change; nothing is changed."""
    new = _new_namespaces(target, release)
    diffs = [diff_object(target, item, namespace=release.namespace, new_namespaces=new) for item in release.ordered]
    orphans = read_inventory(target.get(inventory_key(release.namespace))).orphans(release.keys)
    return "".join(diffs) + "".join(f"# {key} is no longer rendered and would be deleted\n" for key in sorted(orphans))


def rehearse(target: Target, release: Release, tell: Tell) -> None:
    """Let the server try every apply without storing anything; objects of namespaces to come are not tried.

    Raises:
        ClusterError: the server would refuse an object.
    """
    new = _new_namespaces(target, release)
    for item in release.ordered:
        key = key_of(item, namespace=release.namespace)
        if key.namespace in new:
            tell(Applied(key, Change.CREATED))
        else:
            tell(apply_object(target, item, namespace=release.namespace, dry_run=True, force=release.force))


def deploy(target: Target, release: Release, *, timeout: float, clock: Clock, tell: Tell, report: Report) -> None:
    """Put the release on the cluster, wait until all of it is ready, then remove what is no longer rendered.

    Raises:
        ClusterError: the server refused an object, or one does not become ready; what was applied stays and is in the
            inventory, so the next deployment or undeploy knows of it.
    """
    before = read_inventory(target.get(inventory_key(release.namespace)))
    made = _apply_namespaces(target, release, tell)
    wanted = [key for key in release.keys if key.kind != "Namespace" or key in made or key in before.keys]
    _store(target, before.including(wanted), release.namespace)
    for item in release.ordered:
        if item["kind"] != "Namespace":
            tell(apply_object(target, item, namespace=release.namespace, force=release.force))
    if _secret_key(release.namespace) in wanted:
        _ensure_secret(target, release.namespace, tell)
    wait_until_settled(target, release.keys, timeout=timeout, clock=clock, report=report)
    orphans = before.orphans(wanted)
    _delete(target, orphans, timeout=timeout, clock=clock, tell=tell)
    _store(target, Inventory(frozenset(wanted) | (before.keys - orphans)), release.namespace)


def undeploy(target: Target, namespace: str, *, purge: bool, timeout: float, clock: Clock, tell: Tell) -> bool:
    """Remove what deployments of this namespace made, the apps first and the storage last.

    Args:
        target: the cluster.
        namespace: the pipeline's namespace.
        purge: delete the samples (PersistentVolumeClaims), and the namespaces that kubeglass made, too.
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
    found = _delete(target, inventory.keys - namespaces, timeout=timeout, clock=clock, tell=tell)
    if purge:
        claims = _claims(target, namespace)
        _delete(target, claims, timeout=timeout, clock=clock, tell=tell)
        target.delete(inventory_key(namespace))
        found += _delete(target, namespaces, timeout=timeout, clock=clock, tell=tell)
    elif stored is not None:
        # What stays is remembered, for a later --purge.
        _store(target, Inventory(frozenset(namespaces)), namespace)
    return bool(found)


def _apply_namespaces(target: Target, release: Release, tell: Tell) -> set[ObjectKey]:
    made = set()
    for item in release.ordered:
        if item["kind"] == "Namespace":
            applied = apply_object(target, item, namespace=release.namespace, force=release.force)
            tell(applied)
            if applied.change is not Change.KEPT:
                made.add(applied.key)
    return made


def _delete(target: Target, keys: Iterable[ObjectKey], *, timeout: float, clock: Clock, tell: Tell) -> list[Applied]:
    """Delete kind after kind, each only when the one before is gone: an app ends before what counts its requests."""
    deleted = []
    for _, group in groupby(sort_for_deletion(keys), key=lambda key: rank_of(key.kind)):
        gone = [applied for key in group if (applied := delete_object(target, key))]
        for applied in gone:
            tell(applied)
        awaited = [applied.key for applied in gone if applied.change is Change.DELETED]
        wait_until_gone(target, awaited, timeout=timeout, clock=clock)
        deleted += gone
    return deleted


def _claims(target: Target, namespace: str) -> list[ObjectKey]:
    ours = f"{MANAGED_BY}={OWNER},{PART_OF}={OWNER}"
    return [
        key_of(item) for item in target.list_objects("v1", "PersistentVolumeClaim", namespace=namespace, selector=ours)
    ]


def _new_namespaces(target: Target, release: Release) -> list[str]:
    keys = [key_of(item) for item in release.objects if item["kind"] == "Namespace"]
    return [key.name for key in keys if target.get(key) is None]


def _store(target: Target, inventory: Inventory, namespace: str) -> None:
    target.apply(write_inventory(inventory, namespace), namespace=namespace, force=True)


def _secret_key(namespace: str) -> ObjectKey:
    return ObjectKey("v1", "Secret", GRAFANA_SECRET, namespace)


def _ensure_secret(target: Target, namespace: str, tell: Tell) -> None:
    """Generate Grafana's password once; one that is there, whoever made it, stays."""
    key = _secret_key(namespace)
    if target.get(key) is not None:
        return
    item: dict[str, Any] = {
        "apiVersion": key.api_version,
        "kind": key.kind,
        "metadata": {"name": key.name, "namespace": namespace, "labels": {MANAGED_BY: OWNER, PART_OF: OWNER}},
        "type": "Opaque",
        "stringData": {GRAFANA_SECRET_KEY: secrets.token_urlsafe(24)},
    }
    target.apply(item, namespace=namespace)
    tell(Applied(key, Change.CREATED))
