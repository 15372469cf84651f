"""A deployment from start to end: keep the inventory, apply in order, wait, delete what is no longer rendered."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of, labels_for, sort_for_apply
from kubeglass.deploy.release.apply import Applied, Change, apply_object, diff_object
from kubeglass.deploy.release.inventory import find_orphans, read_inventory, store_inventory
from kubeglass.deploy.release.removal import Tell, remove
from kubeglass.deploy.rollout.baseline import read_baseline
from kubeglass.deploy.rollout.wait import Clock, Report, Rollout
from kubeglass.render.kubernetes.names import PAGE_SECRET_KEY, PAGE_SECRETS


@dataclass(frozen=True, slots=True)
class Release:
    """Everything that belongs on the cluster for the pipeline of ``namespace``.

    ``force`` takes over fields that other managers own.
    """

    namespace: str
    objects: Sequence[KubernetesObject]
    force: bool = False

    @property
    def keys(self) -> list[ObjectKey]:
        """The key of every object, in the order of applying, and of the password of each page among them."""
        return [*(key_of(item, namespace=self.namespace) for item in sort_for_apply(self.objects)), *self.password_keys]

    @property
    def password_keys(self) -> list[ObjectKey]:
        """The keys of the Secrets with the pages' passwords."""
        pages = [item["metadata"]["name"] for item in self.objects if item["kind"] == "Deployment"]
        return [ObjectKey("v1", "Secret", PAGE_SECRETS[page], self.namespace) for page in pages if page in PAGE_SECRETS]


def preview(cluster: Cluster, release: Release) -> str:
    """Return what :func:`deploy` would change, as a unified diff; change nothing."""
    new = _new_namespaces(cluster, release)
    objects = _complete(cluster, release)
    diffs = [diff_object(cluster, item, namespace=release.namespace, new_namespaces=new) for item in objects]
    orphans = find_orphans(read_inventory(cluster, release.namespace), release.keys)
    return "".join(diffs) + "".join(f"# {key} is no longer rendered and would be deleted\n" for key in sorted(orphans))


def rehearse(cluster: Cluster, release: Release, tell: Tell) -> None:
    """Let the server check every apply and store nothing; objects in namespaces that do not exist yet are not checked.

    Raises:
        ClusterError: the server would refuse an object.
    """
    new = _new_namespaces(cluster, release)
    for item in _complete(cluster, release):
        key = key_of(item, namespace=release.namespace)
        if key.namespace in new:
            tell(Applied(key, Change.CREATED))
        else:
            tell(apply_object(cluster, item, namespace=release.namespace, dry_run=True, force=release.force))


def deploy(cluster: Cluster, release: Release, *, timeout: float, clock: Clock, tell: Tell, report: Report) -> None:
    """Apply the release, wait until everything is ready, then delete what is no longer rendered.

    Raises:
        ClusterError: the server refused an object, or one does not become ready. What was applied stays and is in the
            inventory, for the next deployment or undeploy.
    """
    home = release.namespace
    before = read_inventory(cluster, home)
    baseline = read_baseline(cluster, release.keys)
    objects = _complete(cluster, release)
    namespaces = [item for item in objects if item["kind"] == "Namespace"]
    made = {applied.key for applied in _apply(cluster, release, namespaces, tell) if applied.change is not Change.KEPT}
    wanted = [key for key in release.keys if key.kind != "Namespace" or key in made or key in before]
    # Before anything is applied, so that an interrupted deployment forgets nothing.
    store_inventory(cluster, before.union(wanted), home)
    for applied in _apply(cluster, release, objects[len(namespaces) :], tell):
        if applied.key.kind == "DaemonSet" and applied.change is Change.CHANGED:
            # Before the apps: only a running collector scrapes the last counts of a pod that ends.
            Rollout(cluster, [applied.key], clock, report, baseline).wait(timeout)
    for key in baseline.stuck:
        # So that they start now and not minutes later.
        if cluster.delete(key):
            tell(Applied(key, Change.RETRIED))
    Rollout(cluster, release.keys, clock, report, baseline).wait(timeout)
    orphans = find_orphans(before, wanted)
    remove(cluster, orphans, pipeline=home, timeout=timeout, clock=clock, tell=tell)
    store_inventory(cluster, before.union(wanted) - orphans, home)


def _apply(cluster: Cluster, release: Release, objects: Iterable[KubernetesObject], tell: Tell) -> Iterator[Applied]:
    for item in objects:
        applied = apply_object(cluster, item, namespace=release.namespace, force=release.force)
        tell(applied)
        yield applied


def _complete(cluster: Cluster, release: Release) -> list[KubernetesObject]:
    """Return the objects in the order of applying, with a new password for each page that has none."""
    missing = [key for key in release.password_keys if cluster.get(key) is None]
    return sort_for_apply([*release.objects, *(_new_password(key) for key in missing)])


def _new_password(key: ObjectKey) -> KubernetesObject:
    return {
        "apiVersion": key.api_version,
        "kind": key.kind,
        "metadata": {"name": key.name, "namespace": key.namespace, "labels": labels_for(key.namespace)},
        "type": "Opaque",
        "stringData": {PAGE_SECRET_KEY: secrets.token_urlsafe(24)},
    }


def _new_namespaces(cluster: Cluster, release: Release) -> list[str]:
    keys = [key_of(item) for item in release.objects if item["kind"] == "Namespace"]
    return [key.name for key in keys if cluster.get(key) is None]
