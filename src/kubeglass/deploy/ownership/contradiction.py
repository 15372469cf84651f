"""Fields of other managers that exclude a field which kubeglass sets, such as an ``env`` entry's ``value``.

Nobody owns what kubeglass sets there, so the server reports no conflict of fields: it merges both and rejects the
result (kubernetes/kubernetes#102749). Here that is the conflict of fields which it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubeglass.deploy.api.errors import ConflictError, RefusedError
from kubeglass.deploy.api.objects import OWNER, KubernetesObject, ObjectKey
from kubeglass.deploy.ownership.merge import Path, find, leaves, names_of

#: How the server says that one field excludes another, in validation.go of each group.
_EXCLUDES = re.compile(r"may not be (specified|used|set) when|more than (1|one) |\bboth\b|mutually exclusive")
#: Fields of ``spec`` itself have nothing in common.
_LEAST_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A field that ``manager`` set and that excludes one of kubeglass's; without a manager, a default of the server."""

    path: Path
    manager: str


def find_contradictions(
    error: RefusedError, live: KubernetesObject, wanted: KubernetesObject
) -> tuple[Contradiction, ...]:
    """Return what others set beside the fields that the server refused, in what kubeglass sets itself."""
    if not error.is_invalid:
        return ()
    parents = {_parent_of(field.path) for field in error.fields if _EXCLUDES.search(field.message)}
    parents = {parent for parent in parents if len(parent) >= _LEAST_DEPTH}
    managed = _owners(live["metadata"].get("managedFields") or [])
    beside = ((_find_beside(path, parent, wanted), manager) for path, manager in managed for parent in parents)
    found = [Contradiction(path, manager) for path, manager in dict.fromkeys(beside) if path]
    known = {names_of(path) for path, _ in managed}
    return (*found, *(item for parent in parents for item in _defaults(live, wanted, parent, known)))


def conflict_of(key: ObjectKey, contradictions: Sequence[Contradiction]) -> ConflictError | None:
    """Return the error that the server would give if it saw the conflict; None if nobody set the fields."""
    causes = [
        {"field": _write(item.path), "message": f'conflict with "{item.manager}"'}
        for item in contradictions
        if item.manager
    ]
    if not causes:
        return None
    message = f"{len(causes)} fields exclude what kubeglass sets"
    return ConflictError.of(str(key), {"code": 409, "message": message, "details": {"causes": causes}})


def _parent_of(path: str) -> Path:
    return tuple(re.sub(r"\[[^]]*\]", "", path).split(".")[:-1])


def _owners(entries: Sequence[Mapping[str, Any]]) -> list[tuple[Path, str]]:
    """Return every path that somebody else set; controllers write what they must to subresources."""
    others = (entry for entry in entries if entry["manager"] != OWNER and not entry.get("subresource"))
    return [(path, str(entry["manager"])) for entry in others for path in leaves(entry["fieldsV1"])]


def _find_beside(path: Path, parent: Path, wanted: KubernetesObject) -> Path:
    """Return the field at or above ``path`` that is in a ``parent`` of kubeglass's and is not its own; else nothing."""
    names = names_of(path)
    if names[: len(parent)] != parent or len(names) == len(parent):
        return ()
    # Up to the field below the parent, items of lists included.
    depth = next(index for index in range(len(path)) if len(names_of(path[: index + 1])) > len(parent))
    if find(wanted, path[:depth]) is None:
        return ()
    ends = range(depth + 1, len(path) + 1)
    return next((path[:end] for end in ends if find(wanted, path[:end]) is None), ())


def _defaults(
    live: KubernetesObject, wanted: KubernetesObject, parent: Path, known: set[Path]
) -> Iterator[Contradiction]:
    """Return fields that nobody set, such as the ``rollingUpdate`` of a Deployment that is to be recreated."""
    path = tuple(f"f:{name}" for name in parent)
    before, after = find(live, path), find(wanted, path)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted(before.keys() - after.keys()):
            if not any(names[: len(parent) + 1] == (*parent, name) for names in known):
                yield Contradiction((*path, f"f:{name}"), "")


def _write(path: Path) -> str:
    """Format a path as the server does: ``.spec.containers[name="app"].env[name="X"].value``."""
    words = ""
    for segment in path:
        if segment.startswith("f:"):
            words += f".{segment[2:]}"
        elif segment.startswith("k:"):
            words += "[" + re.sub(r'"([^"]+)":', r"\1=", segment[3:-1]) + "]"
    return words
