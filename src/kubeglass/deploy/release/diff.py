"""What an apply would change, as a unified diff of YAML."""

from __future__ import annotations

import difflib
from copy import deepcopy
from typing import Any

from kubeglass.deploy.api.objects import KubernetesObject
from kubeglass.render.yaml import dump_yaml

#: Set by the API server, never by kubeglass.
_SERVER_METADATA = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def render_diff(name: str, live: KubernetesObject | None, wanted: KubernetesObject) -> str:
    """Compare an object on the cluster, None if it does not exist, with the server's response to a dry run.

    Returns:
        A unified diff, empty if nothing would change; values of Secrets are masked.
    """
    changed = _changed_values(live, wanted) if live is not None else frozenset()
    before = _lines(live, changed, "(masked, as it is)") if live is not None else []
    after = _lines(wanted, changed, "(masked, as it will be)")
    heading = f"{name} (new)" if live is None else name
    return "".join(difflib.unified_diff(before, after, f"cluster: {heading}", f"rendered: {heading}", n=3))


def _lines(item: KubernetesObject, changed: frozenset[str], mask: str) -> list[str]:
    return dump_yaml(_comparable(item, changed, mask), header="").splitlines(keepends=True)


def _changed_values(live: KubernetesObject, wanted: KubernetesObject) -> frozenset[str]:
    """Return the keys of a Secret whose values differ; it is seen that they do, and not what they are."""
    before, after = _values(live), _values(wanted)
    return frozenset(key for key in before.keys() & after.keys() if before[key] != after[key])


def _values(item: KubernetesObject) -> dict[str, str]:
    return {**(item.get("data") or {}), **(item.get("stringData") or {})} if item["kind"] == "Secret" else {}


def _comparable(item: KubernetesObject, changed: frozenset[str], mask: str) -> dict[str, Any]:
    plain: dict[str, Any] = deepcopy(dict(item))
    plain.pop("status", None)
    metadata = plain["metadata"]
    for key in _SERVER_METADATA:
        metadata.pop(key, None)
    if annotations := metadata.get("annotations"):
        annotations.pop(_LAST_APPLIED, None)
    if plain["kind"] == "Secret":
        plain.pop("stringData", None)
        plain["data"] = {key: mask if key in changed else "(masked)" for key in _values(item)}
    return _sorted(plain)  # type: ignore[no-any-return]


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value) if value[key] is not None}
    return [_sorted(element) for element in value] if isinstance(value, list) else value
