"""Annotate workloads that kubeglass did not make, and take the annotations off once they are not wanted any more.

Each is a partial server-side apply under a field manager of its own, so that nothing else of a workload is touched:
https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of, labels_for
from kubeglass.deploy.existing.annotations import (
    describe_restart,
    manager_of,
    owned_annotations,
    removal_command,
    restarts,
    without_annotations,
)
from kubeglass.deploy.release.apply import Applied, Change
from kubeglass.deploy.release.inventory import NAME, inventory_key
from kubeglass.deploy.release.rehearsal import Step
from kubeglass.deploy.release.removal import Tell
from kubeglass.errors import ClusterError

#: Beside the inventory's own entry, under the annotations' field manager, so that each is written alone.
_ENTRY = "annotated.json"


def rehearse_annotations(
    cluster: Cluster,
    wanted: Iterable[KubernetesObject],
    kept: Iterable[ObjectKey],
    *,
    pipeline: str,
    force: bool = False,
) -> list[Step]:
    """Try to annotate what is ``wanted``, and to take off what is on workloads that are not ``kept``."""
    steps = [_try(cluster, item, pipeline, force=force) for item in wanted]
    return steps + [_try_removal(cluster, key, pipeline) for key in sorted(_read(cluster, pipeline).difference(kept))]


def annotate(cluster: Cluster, steps: Iterable[Step], *, pipeline: str, force: bool, tell: Tell) -> list[ObjectKey]:
    """Take the steps that change something, tell each, and return whose pods restart.

    Raises:
        ClusterError: the server refused what it accepted when it was tried.
    """
    steps = list(steps)
    before = _read(cluster, pipeline)
    new = {step.key for step in steps if step.change is Change.CHANGED and "spec" in step.item}
    if not new <= before:
        # Before anything is annotated, so that an interrupted deployment forgets nothing.
        _store(cluster, before | new, pipeline)
    over = {step.key for step in steps if "spec" not in step.item and step.change is not Change.ANNOTATED}
    for step in steps:
        if step.change is Change.CHANGED:
            cluster.apply(step.item, namespace=step.key.namespace, force=force, manager=manager_of(pipeline))
        if step.live is not None:
            tell(tell_annotated(step, pipeline))
    if over:
        _store(cluster, (before | new) - over, pipeline)
    changed = [step for step in steps if step.change is Change.CHANGED and step.live is not None]
    return [step.key for step in changed if step.live is not None and restarts(step.live)]


def tell_annotated(step: Step, pipeline: str) -> Applied:
    """Return what happens to a workload, in words."""
    assert step.live is not None, "only a workload that exists is annotated"
    if step.change is Change.ANNOTATED:
        return Applied(step.key, step.change, f"remove them: {removal_command(step.live, pipeline)}")
    detail = f"only its prometheus.io annotations; {describe_restart(step.live)}"
    return Applied(step.key, step.change, detail if step.change is Change.CHANGED else "")


def take_off(cluster: Cluster, *, pipeline: str, tell: Tell) -> None:
    """Take every annotation of a pipeline off.

    Raises:
        ClusterError: the server refused, for another reason than rights.
    """
    steps = rehearse_annotations(cluster, [], [], pipeline=pipeline)
    for step in steps:
        if step.refusal:
            raise step.refusal
    annotate(cluster, steps, pipeline=pipeline, force=False, tell=tell)


def _try(cluster: Cluster, item: KubernetesObject, pipeline: str, *, force: bool) -> Step:
    key = key_of(item)
    step = Step(item, key, Change.UNCHANGED)
    live = cluster.get(key)
    try:
        after = cluster.apply(item, namespace=key.namespace, dry_run=True, force=force, manager=manager_of(pipeline))
    except ClusterError as error:
        return replace(step, refusal=error)
    found = step.found(live, after)
    if live is None or found.change is Change.UNCHANGED:
        return found
    return replace(found, diff=f"# {key} of namespace {key.namespace}: {describe_restart(live)}\n{found.diff}")


def _try_removal(cluster: Cluster, key: ObjectKey, pipeline: str) -> Step:
    item = without_annotations(key)
    live = cluster.get(key)
    if live is None or not owned_annotations(live, pipeline):
        return Step(item, key, Change.UNCHANGED)
    step = _try(cluster, item, pipeline, force=False)
    if isinstance(step.refusal, ForbiddenError):
        return replace(step, change=Change.ANNOTATED, refusal=None, live=live)
    return step


def _read(cluster: Cluster, pipeline: str) -> frozenset[ObjectKey]:
    item = cluster.get(inventory_key(pipeline)) or {}
    try:
        entries = json.loads((item.get("data") or {}).get(_ENTRY, "[]"))
        return frozenset(ObjectKey("apps/v1", each["kind"], each["name"], each["namespace"]) for each in entries)
    except (KeyError, TypeError, ValueError) as error:
        hint = f"correct or remove its entry {_ENTRY}; annotations of workloads that are not in it stay"
        raise ClusterError(f"configmap/{NAME}", "is not a valid inventory", found=str(error), hint=hint) from error


def _store(cluster: Cluster, keys: Iterable[ObjectKey], pipeline: str) -> None:
    entries = [{"kind": key.kind, "namespace": key.namespace, "name": key.name} for key in sorted(keys)]
    about = {"name": NAME, "namespace": pipeline, "labels": labels_for(pipeline)}
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": {_ENTRY: json.dumps(entries)}}
    cluster.apply(item, namespace=pipeline, force=True, manager=manager_of(pipeline))
