"""A deployment from start to end: keep the inventory, apply in order, wait, delete what is no longer rendered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kubeglass.deploy.api.kubernetes_api import KubernetesApi
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of, sort_for_apply
from kubeglass.deploy.clock import Clock
from kubeglass.deploy.release.apply import Applied, Change, apply_object, diff_object
from kubeglass.deploy.release.inventory import Inventory, inventory_key, read_inventory, store_inventory
from kubeglass.deploy.release.password import ensure_password, needs_password, password_key, preview_password
from kubeglass.deploy.release.removal import Tell, remove
from kubeglass.deploy.rollout.baseline import Baseline, read_baseline
from kubeglass.deploy.rollout.wait import Report, wait_until_ready


@dataclass(frozen=True, slots=True)
class Release:
    """Everything that belongs on the cluster.

    Args:
        namespace: the pipeline's namespace, where the inventory is kept too.
        objects: the rendered objects.
        force: take over fields that other managers own.
    """

    namespace: str
    objects: Sequence[KubernetesObject]
    force: bool = False

    @property
    def ordered(self) -> list[KubernetesObject]:
        """The objects in the order of applying."""
        return sort_for_apply(self.objects)

    @property
    def keys(self) -> list[ObjectKey]:
        """The key of every object, and of the password's Secret if Grafana is among them."""
        keys = [key_of(item, namespace=self.namespace) for item in self.ordered]
        return [*keys, *([password_key(self.namespace)] if needs_password(keys) else [])]


def preview(api: KubernetesApi, release: Release) -> str:
    """Return what :func:`deploy` would change, as a unified diff; change nothing."""
    new = _new_namespaces(api, release)
    diffs = [diff_object(api, item, namespace=release.namespace, new_namespaces=new) for item in release.ordered]
    if needs_password(release.keys):
        diffs.append(preview_password(api, release.namespace))
    orphans = read_inventory(api.get(inventory_key(release.namespace))).orphans(release.keys)
    return "".join(diffs) + "".join(f"# {key} is no longer rendered and would be deleted\n" for key in sorted(orphans))


def rehearse(api: KubernetesApi, release: Release, tell: Tell) -> None:
    """Let the server check every apply and store nothing; objects in namespaces that do not exist yet are not checked.

    Raises:
        ClusterError: the server would refuse an object.
    """
    new = _new_namespaces(api, release)
    for item in release.ordered:
        key = key_of(item, namespace=release.namespace)
        if key.namespace in new:
            tell(Applied(key, Change.CREATED))
        else:
            tell(apply_object(api, item, namespace=release.namespace, dry_run=True, force=release.force))
    if needs_password(release.keys):
        key = password_key(release.namespace)
        is_new = key.namespace in new
        tell(Applied(key, Change.CREATED) if is_new else ensure_password(api, key.namespace, dry_run=True))


def deploy(api: KubernetesApi, release: Release, *, timeout: float, clock: Clock, tell: Tell, report: Report) -> None:
    """Apply the release, wait until everything is ready, then delete what is no longer rendered.

    Raises:
        ClusterError: the server refused an object, or one does not become ready. What was applied stays and is in the
            inventory, for the next deployment or undeploy.
    """
    before = read_inventory(api.get(inventory_key(release.namespace)))
    baseline = read_baseline(api, release.keys)
    made = _apply_namespaces(api, release, tell)
    wanted = [key for key in release.keys if key.kind != "Namespace" or key in made or key in before.keys]
    store_inventory(api, before.including(wanted), release.namespace)
    if needs_password(wanted):
        # Before the Deployment: the kubelet would retry a pod without it only minutes later.
        tell(ensure_password(api, release.namespace))
    for item in release.ordered:
        if item["kind"] == "Namespace":
            continue
        applied = apply_object(api, item, namespace=release.namespace, force=release.force)
        tell(applied)
        if item["kind"] == "DaemonSet" and applied.change is Change.CHANGED:
            # Before the apps: only a running collector scrapes the last counts of a pod that ends.
            wait_until_ready(api, [applied.key], timeout=timeout, clock=clock, report=report, baseline=baseline)
    _retry(api, baseline, tell)
    wait_until_ready(api, release.keys, timeout=timeout, clock=clock, report=report, baseline=baseline)
    orphans = before.orphans(wanted)
    remove(api, orphans, pipeline=release.namespace, timeout=timeout, clock=clock, tell=tell)
    store_inventory(api, Inventory(frozenset(wanted) | (before.keys - orphans)), release.namespace)


def _apply_namespaces(api: KubernetesApi, release: Release, tell: Tell) -> set[ObjectKey]:
    made = set()
    for item in release.ordered:
        if item["kind"] == "Namespace":
            applied = apply_object(api, item, namespace=release.namespace, force=release.force)
            tell(applied)
            if applied.change is not Change.KEPT:
                made.add(applied.key)
    return made


def _retry(api: KubernetesApi, baseline: Baseline, tell: Tell) -> None:
    """Delete the pods that were stuck, so that they start now and not minutes later."""
    for key in baseline.stuck:
        if api.delete(key):
            tell(Applied(key, Change.RETRIED))


def _new_namespaces(api: KubernetesApi, release: Release) -> list[str]:
    keys = [key_of(item) for item in release.objects if item["kind"] == "Namespace"]
    return [key.name for key in keys if api.get(key) is None]
