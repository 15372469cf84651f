"""Take over the fields that ``kubectl apply`` owns, so that fields which are no longer rendered are removed too.

Client-side apply owns fields under its own manager name. A server-side apply beside it would conflict in every field
that changed, and fields that are no longer rendered would stay for ever, such as a second kind of probe, which the
server rejects. ``kubectl apply --server-side`` migrates its fields in the same way (k8s.io/client-go/util/csaupgrade).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.api.objects import OWNER, KubernetesObject, ObjectKey, is_ours, key_of
from kubeglass.deploy.ownership.merge import Path, leaves

CLIENT_SIDE_APPLY = "kubectl-client-side-apply"
#: Controllers write to the same list; after a conflict it is read again.
ATTEMPTS = 5

Change = Callable[[Sequence[Mapping[str, Any]]], list[dict[str, Any]]]
"""Returns an object's ``managedFields`` as they should be."""


def find_kubectl_applied(cluster: Cluster, objects: Sequence[KubernetesObject], *, pipeline: str) -> list[ObjectKey]:
    """Return which of ``objects`` exist, belong to this pipeline and were applied by kubectl."""
    keys = [key_of(item, namespace=pipeline) for item in objects]
    return [key for key in keys if _change(cluster.get(key), transfer_fields, pipeline) is not None]


def take_over_fields(cluster: Cluster, key: ObjectKey, *, pipeline: str, given_up: Collection[Path] = ()) -> None:
    """Make kubeglass the owner of the fields that kubectl applied, and of those that others give up.

    Raises:
        RefusedError: the server refused.
    """
    replace_managed_fields(cluster, key, partial(transfer_fields, given_up=given_up), pipeline=pipeline)


def replace_managed_fields(cluster: Cluster, key: ObjectKey, change: Change, *, pipeline: str) -> None:
    """Change who owns which fields of an object of this pipeline; nothing happens if it does not exist.

    Raises:
        RefusedError: the server refused.
    """
    for attempt in range(ATTEMPTS):
        changed = _change(cluster.get(key), change, pipeline)
        if changed is None:
            return
        try:
            cluster.patch(key, changed)
        except RefusedError:
            if attempt == ATTEMPTS - 1:
                raise


def _change(live: KubernetesObject | None, change: Change, pipeline: str) -> list[dict[str, Any]] | None:
    """Return the change as a JSON patch of exactly the object that was read; None if nothing changes."""
    if live is None or not is_ours(live, pipeline):
        return None
    entries = live["metadata"].get("managedFields") or []
    after = change(entries)
    if after == entries:
        return None
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": after},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
    ]


def transfer_fields(entries: Sequence[Mapping[str, Any]], given_up: Collection[Path] = ()) -> list[dict[str, Any]]:
    """Move fields to kubeglass's server-side apply: all of client-side applies, and of others those ``given_up``."""
    theirs = [entry for entry in entries if _is(entry, CLIENT_SIDE_APPLY, "Update")]
    rest = [dict(entry) for entry in entries if entry not in theirs]
    if not theirs and not given_up:
        return rest
    ours = next((entry for entry in rest if _is(entry, OWNER, "Apply")), None)
    if ours is None:
        model = (theirs or rest)[0]
        ours = {"manager": OWNER, "operation": "Apply", "fieldsV1": {}}
        ours = {name: value for name, value in model.items() if name != "subresource"} | ours
        rest.insert(0, ours)
    for entry in theirs:
        ours["fieldsV1"] = _join(ours["fieldsV1"], entry["fieldsV1"])
    for path in given_up:
        for entry in rest:
            if entry is not ours and not entry.get("subresource"):
                entry["fieldsV1"] = _leave(entry["fieldsV1"], path)
        ours["fieldsV1"] = _join(ours["fieldsV1"], _nest(path))
    return [entry for entry in rest if entry["fieldsV1"]]


def paths_of(entries: Sequence[Mapping[str, Any]]) -> tuple[list[Path], list[Path]]:
    """Return which paths kubeglass's server-side apply owns, and which anybody else does."""
    ours = [path for entry in entries if _is(entry, OWNER, "Apply") for path in leaves(entry["fieldsV1"])]
    theirs = [path for entry in entries if not _is(entry, OWNER, "Apply") for path in leaves(entry["fieldsV1"])]
    return ours, theirs


def _nest(path: Path) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for segment in reversed(path):
        fields = {segment: fields}
    return fields


def _leave(fields: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the fields without the one at ``path``, and without what has nothing left below it."""
    name, *below = path
    left = dict(fields)
    inner = left.pop(name, {})
    if below and (rest := _leave(inner, tuple(below))):
        left[name] = rest
    return left


def _is(entry: Mapping[str, Any], manager: str, operation: str) -> bool:
    return (entry["manager"], entry["operation"], entry.get("subresource", "")) == (manager, operation, "")


def _join(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    joined = copy.deepcopy(dict(one))
    for name, fields in other.items():
        joined[name] = _join(joined[name], fields) if name in joined else fields
    return joined
