"""Try every apply on the server before any: nothing is changed if anything would be refused.

The server's dry run validates, defaults and merges as the apply itself does, and stores nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ConflictError, MissingError, RefusedError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of
from kubeglass.deploy.ownership.contradiction import conflict_of, find_contradictions
from kubeglass.deploy.ownership.managed_fields import CLIENT_SIDE_APPLY, paths_of, transfer_fields
from kubeglass.deploy.ownership.merge import Path, apply_locally, write_patch
from kubeglass.deploy.release.apply import Applied, Change, compare, is_kept
from kubeglass.deploy.release.diff import render_diff
from kubeglass.deploy.release.immutable import Recreation, find_recreation
from kubeglass.deploy.release.succession import Succession, find_holder, without_addresses
from kubeglass.deploy.release.volumes import ClaimChange, check_claim, plan_claims
from kubeglass.errors import ClusterError

#: Exists on every cluster: objects of a namespace that does not are tried there, under a name that nothing has.
STAND_IN = "default"
#: What the server says if a webhook cannot be asked without effects; the apply itself may well succeed.
_NO_DRY_RUN = "does not support dry run"
#: What the server says of a NodePort that another Service has.
_PORT_TAKEN = "provided port is already allocated"


@dataclass(frozen=True, slots=True)
class Step:
    """What applying one object does, or why it is refused; ``diff`` shows it in YAML.

    ``takes_over`` says that fields change owners first: those of kubectl, and those ``given_up`` by others. ``after``
    is what the server makes of ``live``, if it was asked.
    """

    item: KubernetesObject
    key: ObjectKey
    change: Change
    diff: str = ""
    recreation: Recreation | None = None
    claims: tuple[ClaimChange, ...] = ()
    succession: Succession | None = None
    refusal: ClusterError | None = None
    takes_over: bool = False
    given_up: tuple[Path, ...] = ()
    live: KubernetesObject | None = None
    after: KubernetesObject | None = None

    @property
    def applied(self) -> Applied:
        """What happened once the step has been taken."""
        lines = [str(each) for each in (self.recreation, *self.claims, self.succession) if each]
        return Applied(self.key, self.change, "; ".join(lines))

    def found(self, live: KubernetesObject | None, after: KubernetesObject) -> Step:
        """Return the step with what it makes of ``live``."""
        diff = render_diff(str(self.key), live, after)
        return replace(self, change=compare(live, after), diff=diff, live=live, after=after)

    def scaled(self, replicas: int) -> Step:
        """Return the step with another number of pods than it was tried with."""
        if self.after is None:
            return self
        return self.found(self.live, {**self.after, "spec": {**self.after["spec"], "replicas": replicas}})


def rehearse_all(
    cluster: Cluster,
    objects: Sequence[KubernetesObject],
    *,
    pipeline: str,
    force: bool = False,
    successions: Mapping[ObjectKey, Succession] = MappingProxyType({}),
) -> list[Step]:
    """Try every object, in the order given; a refusal is part of its step."""
    keys = [key_of(item) for item in objects if item["kind"] == "Namespace"]
    new = frozenset(key.name for key in keys if cluster.get(key) is None)
    steps = []
    for item in objects:
        key = key_of(item, namespace=pipeline)
        succession = successions.get(key)
        tried = without_addresses(item) if succession else item
        try:
            step = _rehearse(cluster, tried, pipeline=pipeline, force=force, new_namespaces=new)
            steps.append(_succeed(step, item, succession) if succession else step)
        except ClusterError as error:
            if _PORT_TAKEN in error.found and (holder := find_holder(cluster, item)):
                error.hint = f"{holder}; choose another node_port, or free that one"
            steps.append(Step(item, key, Change.UNCHANGED, refusal=error))
    return steps


def _succeed(step: Step, item: KubernetesObject, succession: Succession) -> Step:
    """Return the step, which was tried without the address, with it."""
    is_new = step.change is Change.CREATED
    diff = render_diff(str(step.key), None, item) if is_new else step.diff
    change = Change.CHANGED if step.change is Change.UNCHANGED else step.change
    return replace(step, item=item, change=change, diff=f"# {step.key} {succession}\n{diff}", succession=succession)


def check(steps: Sequence[Step]) -> None:
    """Refuse the whole release if one step is refused.

    Raises:
        ClusterError: the first refusal; the others are its details.
    """
    refusals = [step.refusal for step in steps if step.refusal]
    if not refusals:
        return
    first, *others = refusals
    if others:
        lines = [line for error in others for line in (error.message, *(f"  {detail}" for detail in error.details))]
        details = (*first.details, *lines)
        raise ClusterError(first.where, first.wrong, found=first.found, hint=first.hint, details=details)
    raise first


def _rehearse(
    cluster: Cluster, item: KubernetesObject, *, pipeline: str, force: bool, new_namespaces: Collection[str]
) -> Step:
    key = key_of(item, namespace=pipeline)
    if key.namespace in new_namespaces:
        try:
            _try_as_new(cluster, item, key, STAND_IN)
        except RefusedError as error:
            # Rights, quotas and policies of another namespace say nothing.
            if error.is_invalid:
                raise
        return Step(item, key, Change.CREATED, render_diff(str(key), None, item))
    live = cluster.get(key)
    if live is not None and is_kept(key, live, pipeline):
        return Step(item, key, Change.KEPT)
    try:
        return _try(cluster, Step(item, key, Change.CHANGED), live, pipeline=pipeline, force=force)
    except RefusedError as error:
        if _NO_DRY_RUN in error.found:
            return Step(item, key, Change.CHANGED, f"# {key} cannot be tried: {error.found}\n")
        if isinstance(error, MissingError) and key.kind.endswith("Binding"):
            # Its role, which is applied before it; whoever may bind any role is not asked for it.
            return Step(item, key, Change.CHANGED).found(live, item)
        if live is None:
            raise
        return _find_way(cluster, item, live, error, pipeline=pipeline, force=force)


def _find_way(
    cluster: Cluster, item: KubernetesObject, live: KubernetesObject, error: RefusedError, *, pipeline: str, force: bool
) -> Step:
    """Return what it takes to apply an object that the server refused to change.

    Raises:
        ClusterError: there is no way.
    """
    if isinstance(error, ConflictError):
        return _force(cluster, item, error, pipeline=pipeline)
    key = key_of(item, namespace=pipeline)
    contradictions = find_contradictions(error, live, item)
    if not contradictions:
        return _recreate(cluster, item, key, live, error)
    step = Step(item, key, Change.CHANGED, given_up=tuple(found.path for found in contradictions), takes_over=True)
    refusal = None if force else conflict_of(key, contradictions)
    return replace(_try(cluster, step, live, pipeline=pipeline, force=True), refusal=refusal)


def _force(cluster: Cluster, item: KubernetesObject, error: ConflictError, *, pipeline: str) -> Step:
    """Return the refused step with what it would change if it took over the fields of others."""
    try:
        forced = _rehearse(cluster, item, pipeline=pipeline, force=True, new_namespaces=())
    except ClusterError as other:
        error.details = (other.message,)
        return Step(item, key_of(item, namespace=pipeline), Change.CHANGED, refusal=error)
    return replace(forced, refusal=error)


def _try(cluster: Cluster, step: Step, live: KubernetesObject | None, *, pipeline: str, force: bool) -> Step:
    """Return the step with what it changes, once fields have changed owners.

    Raises:
        ConflictError: others own fields that it sets, and ``force`` is not set.
        RefusedError: the server refused for another reason.
    """
    entries = (live or {}).get("metadata", {}).get("managedFields") or []
    owners = transfer_fields(entries, step.given_up)
    if live is None or owners == entries:
        after = cluster.apply(step.item, namespace=pipeline, dry_run=True, force=force)
        return step.found(live, after)
    if not force:
        _check_conflicts(cluster, step.item, pipeline)
    result = apply_locally(live, step.item, *paths_of(owners))
    after = cluster.patch(step.key, write_patch(live, result), dry_run=True)
    return replace(step.found(live, after), takes_over=True)


def _check_conflicts(cluster: Cluster, item: KubernetesObject, pipeline: str) -> None:
    """Check for conflicts with anybody but kubectl's client-side apply, whose fields are taken over.

    Raises:
        ConflictError: there are some.
    """
    try:
        cluster.apply(item, namespace=pipeline, dry_run=True)
    except ConflictError as error:
        if left := error.without(CLIENT_SIDE_APPLY):
            raise left from error
    except RefusedError:
        # Of a merge with fields that are about to change owners.
        return


def _recreate(
    cluster: Cluster, item: KubernetesObject, key: ObjectKey, live: KubernetesObject, error: RefusedError
) -> Step:
    """Return how an object with a changed immutable field is replaced.

    Raises:
        ClusterError: the server refused something else, or what the object holds cannot be replaced.
    """
    recreation = find_recreation(error, live, item)
    if recreation is None:
        raise error
    if key.kind == "PersistentVolumeClaim":
        check_claim(cluster, live, item)
    claims = tuple(plan_claims(cluster, live, item)) if key.kind == "StatefulSet" else ()
    after = _try_as_new(cluster, without_addresses(item), key, key.namespace)
    note = "".join(f"# {key}: {line}\n" for line in (recreation, *claims))
    return Step(item, key, Change.RECREATED, note + render_diff(str(key), live, after), recreation, claims)


def _try_as_new(cluster: Cluster, item: KubernetesObject, key: ObjectKey, namespace: str) -> KubernetesObject:
    """Return what the server would make of ``item`` if nothing of its name existed.

    Raises:
        RefusedError: it is refused; names the object as the user knows it.
    """
    name = f"kubeglass-trial-{secrets.token_hex(4)}"
    about = {**item["metadata"], "name": name, **({"namespace": namespace} if namespace else {})}
    try:
        after = cluster.apply({**item, "metadata": about}, namespace=namespace, dry_run=True)
    except RefusedError as error:
        raise error.about(str(key), error.found.replace(name, key.name)) from error
    return {**after, "metadata": {**after["metadata"], "name": key.name, "namespace": key.namespace}}
