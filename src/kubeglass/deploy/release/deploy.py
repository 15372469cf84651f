"""A deployment from start to end: try everything, apply it in order, wait, delete what is no longer rendered."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of, labels_for, sort_for_apply
from kubeglass.deploy.ownership.replicas import AUTOSCALER, hand_over_replicas, keep_replicas
from kubeglass.deploy.release.annotating import annotate, rehearse_annotations, tell_annotated
from kubeglass.deploy.release.apply import Applied, Change
from kubeglass.deploy.release.installed import find_installed
from kubeglass.deploy.release.inventory import find_orphans, store_inventory
from kubeglass.deploy.release.rehearsal import Step, check, rehearse_all
from kubeglass.deploy.release.removal import Tell, remove
from kubeglass.deploy.release.secret_data import stamp_secrets
from kubeglass.deploy.release.steps import Taking
from kubeglass.deploy.release.succession import find_successions
from kubeglass.deploy.rollout.baseline import Baseline, read_baseline, retry_refused
from kubeglass.deploy.rollout.wait import Clock, Report, Rollout
from kubeglass.render.kubernetes.names import PAGE_SECRET_KEY, PAGE_SECRETS


@dataclass(frozen=True, slots=True)
class Release:
    """Everything that belongs on the cluster for the pipeline of ``namespace``.

    ``force`` takes over fields that other managers own. Of the workloads that kubeglass did not make and that are
    ``watched``, those ``annotated`` get annotations, and the others keep those that they have.
    """

    namespace: str
    objects: Sequence[KubernetesObject]
    force: bool = False
    annotated: Sequence[KubernetesObject] = ()
    watched: frozenset[ObjectKey] = frozenset()

    @property
    def keys(self) -> list[ObjectKey]:
        """The key of every object, in the order of applying, and of the password of each page among them."""
        return [*(key_of(item, namespace=self.namespace) for item in sort_for_apply(self.objects)), *self.password_keys]

    @property
    def password_keys(self) -> list[ObjectKey]:
        """The keys of the Secrets with the pages' passwords."""
        pages = [item["metadata"]["name"] for item in self.objects if item["kind"] == "Deployment"]
        return [ObjectKey("v1", "Secret", PAGE_SECRETS[page], self.namespace) for page in pages if page in PAGE_SECRETS]


def preview(cluster: Cluster, release: Release) -> tuple[str, list[Step]]:
    """Return what :func:`deploy` would change, as a unified diff, and its steps, of which some may be refused."""
    orphans = find_orphans(find_installed(cluster, release.namespace), release.keys)
    steps = [*_rehearse(cluster, release, orphans), *_rehearse_annotations(cluster, release)]
    lines = [
        f"# {_locate(key, release.namespace)} is no longer rendered and would be deleted\n" for key in sorted(orphans)
    ]
    return "".join([*(step.diff for step in steps), *lines]), steps


def _locate(key: ObjectKey, home: str) -> str:
    return f"{key} of namespace {key.namespace}" if key.namespace not in {"", home} else str(key)


def rehearse(cluster: Cluster, release: Release, tell: Tell) -> None:
    """Let the server check every apply and store nothing.

    Raises:
        ClusterError: an object would be refused; the details are the other refusals.
    """
    steps = _rehearse(cluster, release, find_orphans(find_installed(cluster, release.namespace), release.keys))
    annotations = _rehearse_annotations(cluster, release)
    check([*steps, *annotations])
    for step in steps:
        tell(step.applied)
    for step in annotations:
        if step.live is not None:
            tell(tell_annotated(step, release.namespace))


def deploy(cluster: Cluster, release: Release, *, timeout: float, clock: Clock, tell: Tell, report: Report) -> None:
    """Apply the release, wait until everything is ready, then delete what is no longer rendered.

    Raises:
        ClusterError: the server would refuse an object, and nothing is changed; or one does not become ready. What was
            applied stays and is in the inventory, for the next deployment or undeploy.
    """
    home = release.namespace
    before = find_installed(cluster, home)
    orphans = find_orphans(before, release.keys)
    steps = _rehearse(cluster, release, orphans)
    annotations = _rehearse_annotations(cluster, release)
    check([*steps, *annotations])
    hand_over_replicas(cluster, release.objects, pipeline=home)
    baseline = read_baseline(cluster, release.keys)
    taking = Taking(cluster, home, release.force, timeout, clock, tell)
    namespaces = [step for step in steps if step.key.kind == "Namespace"]
    made = {applied.key for applied in map(taking.take, namespaces) if applied.change is not Change.KEPT}
    wanted = [key for key in release.keys if key.kind != "Namespace" or key in made or key in before]
    # Before anything is applied, so that an interrupted deployment forgets nothing.
    store_inventory(cluster, before.union(wanted), home)
    # Before what they scale: they would set the number of pods back.
    autoscalers = [key for key in orphans if key.kind == AUTOSCALER]
    remove(cluster, autoscalers, pipeline=home, timeout=timeout, clock=clock, tell=tell)
    late = {step.key: (step, step.succession) for step in steps if step.succession}
    for applied in map(taking.take, (step for step in steps[len(namespaces) :] if step.key not in late)):
        if applied.key.kind == "DaemonSet" and applied.change in {Change.CHANGED, Change.RECREATED}:
            # Before the apps: only a running collector scrapes the last counts of a pod that ends.
            Rollout(cluster, [applied.key], clock, report, baseline).wait(timeout)
    _retry(cluster, baseline, tell)
    Rollout(cluster, [key for key in release.keys if key not in late], clock, report, baseline).wait(timeout)
    for step, succession in late.values():
        taking.take_over(step, succession)
    restarted = annotate(cluster, annotations, pipeline=home, force=release.force, tell=tell)
    Rollout(cluster, restarted, clock, report, baseline).wait(timeout)
    remove(cluster, orphans, pipeline=home, timeout=timeout, clock=clock, tell=tell)
    store_inventory(cluster, before.union(wanted) - orphans, home)


def _retry(cluster: Cluster, baseline: Baseline, tell: Tell) -> None:
    """Have pods that were stuck or refused start now and not minutes later."""
    for key in baseline.stuck:
        if cluster.delete(key):
            tell(Applied(key, Change.RETRIED))
    for key in baseline.refused:
        retry_refused(cluster, key)


def _rehearse(cluster: Cluster, release: Release, orphans: Collection[ObjectKey]) -> list[Step]:
    home = release.namespace
    objects, about_secrets = stamp_secrets(cluster, _complete(cluster, release), pipeline=home)
    tried = keep_replicas(cluster, objects, pipeline=home)
    successions = find_successions(cluster, orphans, tried, pipeline=home)
    steps = rehearse_all(cluster, tried, pipeline=home, force=release.force, successions=successions)
    return [*map(_take_as_rendered, steps, objects, tried), *about_secrets]


def _rehearse_annotations(cluster: Cluster, release: Release) -> list[Step]:
    home, kept = release.namespace, release.watched
    return rehearse_annotations(cluster, release.annotated, kept, pipeline=home, force=release.force)


def _take_as_rendered(step: Step, item: KubernetesObject, tried: KubernetesObject) -> Step:
    """Return the step with the object as rendered, if it was tried with the number of pods that it has now."""
    # A new object in its place must start with as many pods.
    if item is tried or step.recreation:
        return step
    scaled = step.scaled(item["spec"]["replicas"]) if "replicas" in item["spec"] else step
    return replace(scaled, item=item)


def _complete(cluster: Cluster, release: Release) -> list[KubernetesObject]:
    """Return the objects in the order of applying, with a new password for each page without one."""
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
