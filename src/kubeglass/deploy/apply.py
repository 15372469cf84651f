"""Put objects on the cluster by server-side apply, and take them away again; never what others made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from kubeglass.deploy.clock import Clock
from kubeglass.deploy.diff import render_diff
from kubeglass.deploy.objects import KubernetesObject, ObjectKey, is_ours, key_of
from kubeglass.errors import ClusterError

POLL_SECONDS = 0.5


class Change(Enum):
    """What an apply did to one object."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    KEPT = "kept, as it was not made by kubeglass"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Applied:
    """One object after its apply.

    Args:
        key: which object.
        change: what happened to it.
    """

    key: ObjectKey
    change: Change


class Writer(Protocol):
    """What applying needs from a cluster."""

    def get(self, key: ObjectKey) -> dict[str, Any] | None:
        """Read one object."""
        ...

    def apply(
        self, item: KubernetesObject, *, namespace: str, dry_run: bool = False, force: bool = False
    ) -> dict[str, Any]:
        """Apply one object on the server."""
        ...

    def delete(self, key: ObjectKey) -> bool:
        """Delete one object."""
        ...


def apply_object(
    writer: Writer, item: KubernetesObject, *, namespace: str, dry_run: bool = False, force: bool = False
) -> Applied:
    """Apply one object, unless somebody else made one of the same name.

    A namespace that exists already is used as it is and never changed; anything else of the same name is refused.

    Raises:
        ClusterError: an object of that name exists and was not made by kubeglass, or the server refused.
    """
    key = key_of(item, namespace=namespace)
    live = writer.get(key)
    if live is not None and not is_ours(live):
        if key.kind == "Namespace":
            return Applied(key, Change.KEPT)
        raise _foreign(key)
    after = writer.apply(item, namespace=namespace, dry_run=dry_run, force=force)
    if live is None:
        return Applied(key, Change.CREATED)
    return Applied(key, Change.CHANGED if render_diff("", live, after) else Change.UNCHANGED)


def diff_object(writer: Writer, item: KubernetesObject, *, namespace: str, new_namespaces: Iterable[str] = ()) -> str:
    """Show what an apply would change; the server's own dry run decides, so its defaults are no difference.

    Args:
        writer: the cluster.
        item: the rendered object.
        namespace: the namespace of objects that name none.
        new_namespaces: namespaces that do not exist yet: the server cannot try objects in them, so those are shown
            as rendered.
    """
    key = key_of(item, namespace=namespace)
    if key.namespace in new_namespaces:
        return render_diff(str(key), None, item)
    live = writer.get(key)
    if live is not None and not is_ours(live):
        return "" if key.kind == "Namespace" else f"# {key} exists and was not made by kubeglass\n"
    return render_diff(str(key), live, writer.apply(item, namespace=namespace, dry_run=True, force=True))


def delete_object(writer: Writer, key: ObjectKey) -> Applied | None:
    """Delete one object of ours; None when it is gone already.

    An object of that name which somebody else has made meanwhile is kept.
    """
    live = writer.get(key)
    if live is None:
        return None
    if not is_ours(live):
        return Applied(key, Change.KEPT)
    return Applied(key, Change.DELETED) if writer.delete(key) else None


def wait_until_gone(writer: Writer, keys: Iterable[ObjectKey], *, timeout: float, clock: Clock) -> None:
    """Wait until none of ``keys`` is left.

    Raises:
        ClusterError: one is still there after ``timeout`` seconds; says which finalizers hold it.
    """
    deadline = clock.now() + timeout
    left = list(keys)
    while left := [key for key in left if writer.get(key) is not None]:
        if clock.now() >= deadline:
            held = (writer.get(left[0]) or {}).get("metadata", {}).get("finalizers") or []
            raise ClusterError(
                str(left[0]),
                f"is still there after {timeout:.0f} s",
                found=f"held by finalizers {', '.join(held)}" if held else "its pods are still ending",
                hint="run kubeglass undeploy again, with a longer --timeout",
            )
        clock.sleep(POLL_SECONDS)


def _foreign(key: ObjectKey) -> ClusterError:
    home = f" in namespace {key.namespace}" if key.namespace else ""
    return ClusterError(
        f"{key}{home}",
        "exists already and was not made by kubeglass",
        found="it lacks the label app.kubernetes.io/managed-by=kubeglass",
        hint="remove or rename it, use another namespace (--namespace), or give it that label to hand it over",
    )
