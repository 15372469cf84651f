"""What a server-side apply would make of an object once its fields have changed owners.

A dry run stores nothing, so no dry run can follow a change of owners; this computes the result, which the server then
validates. The rules are those of https://kubernetes.io/docs/reference/using-api/server-side-apply/: what kubeglass owns
and no longer sets goes unless somebody else owns it too, and what it sets is merged, lists by the keys of their items.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kubeglass.deploy.api.objects import KubernetesObject

Path = tuple[str, ...]
"""A path in ``fieldsV1``: ``f:name`` of a field, ``k:{…}`` of an item by its keys, ``v:…`` of a value in a set, and
``.`` for the item or field itself."""

#: Never changed by an apply.
_SERVERS = frozenset({"apiVersion", "kind", "metadata", "status"})


def leaves(fields: Mapping[str, Any], path: Path = ()) -> Iterator[Path]:
    """Return every path of a ``fieldsV1`` document that has nothing below it."""
    for name, below in fields.items():
        if below:
            yield from leaves(below, (*path, name))
        else:
            yield (*path, name)


def names_of(path: Path) -> Path:
    """Return the names of the fields along ``path``, without items."""
    return tuple(segment[2:] for segment in path if segment.startswith("f:"))


def find(item: Any, path: Path) -> Any:
    """Return what is at ``path``, None if it is not there."""
    for segment in path:
        item = _step(item, segment)
    return item


def apply_locally(
    live: KubernetesObject, wanted: KubernetesObject, ours: Iterable[Path], others: Iterable[Path]
) -> dict[str, Any]:
    """Return what applying ``wanted`` makes of ``live``, when kubeglass owns ``ours`` and other managers ``others``."""
    ours, theirs = list(ours), set(others)
    result: dict[str, Any] = copy.deepcopy(dict(live))
    for path in ours:
        target = path[:-1] if path[-1] == "." else path
        is_shared = any(other[: len(target)] == target for other in theirs)
        if target and not is_shared and find(wanted, target) is None:
            _remove(result, target)
    keys = {names_of(path[:index]): _keys(path[index]) for path in (*ours, *theirs) for index in _items(path)}
    atomic = {names_of(path) for path in ours if path[-1].startswith("f:")}
    merged: dict[str, Any] = _merge(result, wanted, (), keys, atomic)
    return merged


def write_patch(live: KubernetesObject, result: KubernetesObject) -> list[dict[str, Any]]:
    """Return the JSON patch that makes ``result`` of ``live``."""
    pairs: list[tuple[Path, Any, Any]] = [
        ((name,), live.get(name), result.get(name)) for name in sorted({*live, *result} - _SERVERS)
    ]
    about = (live["metadata"], result["metadata"])
    pairs += [(("metadata", name), about[0].get(name), about[1].get(name)) for name in ("labels", "annotations")]
    operations = []
    for path, before, after in pairs:
        if before != after:
            verb = "remove" if after is None else "add" if before is None else "replace"
            value = {} if after is None else {"value": after}
            operations.append({"op": verb, "path": "/" + "/".join(path), **value})
    return operations


def _items(path: Path) -> list[int]:
    return [index for index, segment in enumerate(path) if segment.startswith("k:")]


def _keys(segment: str) -> dict[str, Any]:
    keys: dict[str, Any] = json.loads(segment[2:])
    return keys


def _step(item: Any, segment: str) -> Any:
    if segment == ".":
        return item
    if segment.startswith("f:"):
        return item.get(segment[2:]) if isinstance(item, Mapping) else None
    elements = item if isinstance(item, list) else []
    if segment.startswith("k:"):
        return next((element for element in elements if _is_item(element, _keys(segment))), None)
    return next((element for element in elements if element == json.loads(segment[2:])), None)


def _is_item(element: Any, keys: Mapping[str, Any]) -> bool:
    """Return whether an element has these keys; one that is not set has its default, such as a port's protocol."""
    return isinstance(element, Mapping) and all(element.get(name, value) == value for name, value in keys.items())


def _remove(item: Any, path: Path) -> None:
    parent, last = find(item, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent.pop(last[2:], None)
    elif isinstance(parent, list) and (element := _step(parent, last)) is not None:
        parent.remove(element)


def _merge(live: Any, wanted: Any, names: Path, keys: Mapping[Path, Mapping[str, Any]], atomic: set[Path]) -> Any:
    if isinstance(wanted, Mapping) and isinstance(live, Mapping) and names not in atomic:
        merged = {name: _merge(live.get(name), value, (*names, name), keys, atomic) for name, value in wanted.items()}
        return {**live, **merged}
    if not (isinstance(wanted, list) and isinstance(live, list) and names in keys):
        return copy.deepcopy(wanted)
    rest, merged_items = list(live), []
    for element in wanted:
        same = {name: element[name] for name in keys[names] if name in element}
        known = next((other for other in rest if _is_item(other, same)), None)
        if known is not None:
            rest.remove(known)
        merged_items.append(_merge(known, element, names, keys, atomic))
    return [*merged_items, *rest]
