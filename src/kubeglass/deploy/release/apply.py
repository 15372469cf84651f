"""Apply objects on the server, and delete them; objects that others made are never touched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, is_made_by_kubeglass, is_ours, key_of, pipeline_of
from kubeglass.deploy.release.diff import render_diff
from kubeglass.deploy.rollout.wait import Clock
from kubeglass.errors import ClusterError
from kubeglass.render.kubernetes.names import PIPELINE

POLL_SECONDS = 0.5


class Change(Enum):
    """What happened to an object."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    KEPT = "kept, because this pipeline did not make it"
    HELD = "kept, because it still contains objects that others made"
    DELETED = "deleted"
    RECREATED = "recreated"
    UNREAD = "is not read, because these credentials may not: a change of it starts no new pods"
    ANNOTATED = "keeps its prometheus.io annotations, because these credentials may not change it"
    RETRIED = "deleted to be recreated, because it was stuck"


@dataclass(frozen=True, slots=True)
class Applied:
    """What happened to one object, with details such as what a namespace still contains."""

    key: ObjectKey
    change: Change
    detail: str = ""


def apply_object(cluster: Cluster, item: KubernetesObject, *, namespace: str, force: bool = False) -> Applied:
    """Apply one object, unless somebody else made one of the same name.

    An existing namespace is used and never changed; any other object of the same name is an error. ``namespace``
    identifies the pipeline, and is that of objects that name none; ``force`` takes over fields of other managers.

    Raises:
        ClusterError: an object of that name exists that this pipeline did not make, or the server refused.
    """
    key = key_of(item, namespace=namespace)
    live = cluster.get(key)
    if live is not None and is_kept(key, live, namespace):
        return Applied(key, Change.KEPT)
    after = cluster.apply(item, namespace=namespace, force=force)
    return Applied(key, compare(live, after))


def is_kept(key: ObjectKey, live: KubernetesObject, pipeline: str) -> bool:
    """Return whether ``live`` is a namespace that this pipeline did not make, and only uses.

    Raises:
        ClusterError: it is any other object that this pipeline did not make.
    """
    if is_ours(live, pipeline):
        return False
    if key.kind == "Namespace":
        return True
    raise _foreign(key, live)


def compare(live: KubernetesObject | None, after: KubernetesObject) -> Change:
    """Return what applying did to ``live``, None if it did not exist."""
    if live is None:
        return Change.CREATED
    return Change.CHANGED if render_diff("", live, after) else Change.UNCHANGED


def delete_object(cluster: Cluster, key: ObjectKey, *, pipeline: str) -> Applied | None:
    """Delete one object of the pipeline of namespace ``pipeline``; None if it is gone already.

    An object of that name that somebody else has made since is kept.
    """
    live = cluster.get(key)
    if live is None:
        return None
    if not is_ours(live, pipeline):
        return Applied(key, Change.KEPT)
    return Applied(key, Change.DELETED) if cluster.delete(key) else None


def wait_until_gone(cluster: Cluster, keys: Iterable[ObjectKey], *, timeout: float, clock: Clock) -> None:
    """Wait until none of ``keys`` exists.

    Raises:
        ClusterError: one still exists after ``timeout`` seconds; names the finalizers that hold it.
    """
    deadline = clock.now() + timeout
    left = list(keys)
    while left := [key for key in left if cluster.get(key) is not None]:
        if clock.now() >= deadline:
            held = (cluster.get(left[0]) or {}).get("metadata", {}).get("finalizers") or []
            raise ClusterError(
                str(left[0]),
                f"still exists after {timeout:.0f} s",
                found=f"held by finalizers {', '.join(held)}" if held else "its pods are still terminating",
                hint="run the command again, with a longer --timeout",
            )
        clock.sleep(POLL_SECONDS)


def _foreign(key: ObjectKey, live: KubernetesObject) -> ClusterError:
    where = f"{key} in namespace {key.namespace}" if key.namespace else str(key)
    if not is_made_by_kubeglass(live):
        return ClusterError(
            where,
            "already exists and was not made by kubeglass",
            found="it lacks the label app.kubernetes.io/managed-by=kubeglass",
            hint="delete or rename it, or use another namespace (--namespace)",
        )
    owner = pipeline_of(live)
    if not owner:
        return ClusterError(
            where,
            "already exists and does not say which pipeline it belongs to",
            found=f"it lacks the label {PIPELINE}",
            hint=f"if it belongs to this one, label it: kubectl label {key}{_option(key)} {PIPELINE}=NAMESPACE",
        )
    return ClusterError(
        where,
        f"belongs to the pipeline of namespace {owner}",
        hint="rename it here, or give it another namespace (apps[].namespace); if that is where this definition's"
        f" pipeline was, remove it there first: kubeglass undeploy --namespace {owner}",
    )


def _option(key: ObjectKey) -> str:
    return f" --namespace {key.namespace}" if key.namespace else ""
