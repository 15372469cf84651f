"""Which keys a component's configuration may hold, as one small tree without references.

A tree is ``true`` (anything), ``"duration"`` (text with a unit), ``{"keys": {name: tree}}`` (these and no others),
``{"map": tree}`` (any names, each holding a tree) or ``{"list": tree}``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml  # PyYAML reads a thousand schema files in a tenth of the time that ruamel.yaml takes

from tools.collector_schemas.modules import CONTRIB, CORE, Modules
from tools.collector_schemas.structs import Field, aliases, structs

Tree = Any


@cache
def _schema(folder: Path) -> dict[str, Any] | None:
    path = folder / "config.schema.yaml"
    return yaml.safe_load(path.read_text()) if path.exists() else None


class Resolver:
    """Follows references between packages of one collector version.

    Args:
        modules: where packages are found.
    """

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.open: list[str] = []

    def resolve(self, package: str, name: str, seen: tuple[str, ...] = ()) -> Tree:
        """Build the tree of the type ``name`` (snake case) of ``package``; what cannot be found may hold anything."""
        here = f"{package}#{name}"
        folder = self.modules.folder(package)
        if here in seen or folder is None:
            self.open.append(here)
            return True
        seen = (*seen, here)
        schema = _schema(folder) or {}
        fields = structs(folder).get(name)
        if name in schema.get("$defs", {}):
            return self._node(schema["$defs"][name], package, seen)
        if name == "config" and ("properties" in schema or "allOf" in schema or "$ref" in schema):
            tree = self._node(schema, package, seen)
            return tree if fields is None else _reconcile(tree, self._struct(fields, package, seen), schema)
        if fields is not None:
            return self._struct(fields, package, seen)
        alias = aliases(folder).get(name)
        return self._type(alias, package, seen) if alias else True

    def _node(self, node: dict[str, Any], package: str, seen: tuple[str, ...]) -> Tree:
        if node.get("format") == "duration":
            return "duration"
        if "$ref" in node:
            return self.resolve(*self._target(node["$ref"], package), seen)
        keys: dict[str, Tree] = {}
        for part in node.get("allOf", []):
            tree = self._node(part, package, seen)
            if not isinstance(tree, dict):
                return True
            keys |= tree.get("keys", {})
        for key, child in node.get("properties", {}).items():
            keys[key] = self._node(child, package, seen)
        if keys and "additionalProperties" not in node:
            return {"keys": keys}
        if isinstance(node.get("additionalProperties"), dict):
            return {"map": self._node(node["additionalProperties"], package, seen)}
        if isinstance(node.get("items"), dict):
            return {"list": self._node(node["items"], package, seen)}
        return True

    def _struct(self, fields: tuple[Field, ...], package: str, seen: tuple[str, ...]) -> Tree:
        keys: dict[str, Tree] = {}
        for field in fields:
            tree = self._type(field.type, package, seen)
            if not field.squash:
                keys[field.key] = tree
            elif not isinstance(tree, dict):
                return True
            else:
                keys |= tree.get("keys", {})
        return {"keys": keys} if keys else True

    def _type(self, type_: str, package: str, seen: tuple[str, ...]) -> Tree:
        for prefix, kind in (("[]", "list"), ("map[string]", "map")):
            if type_.startswith(prefix):
                return {kind: self._type(type_[len(prefix) :], package, seen)}
        if type_ == "time#duration":
            return "duration"
        other, _, name = type_.rpartition("#")
        # Durations, sizes and ids are text; only the collector's own packages hold sections.
        if other and not other.startswith((CORE, CONTRIB, "go.opentelemetry.io/contrib/otelconf")):
            return True
        return self.resolve(other or package, name, seen)

    @staticmethod
    def _target(reference: str, package: str) -> tuple[str, str]:
        """Split a reference: ``name``, ``./folder.name``, ``/folder.name`` from the root, or a full path."""
        path, _, name = reference.rpartition(".")
        if not path:
            return package, reference
        if path.startswith("./"):
            return f"{package}/{path[2:]}", name
        if path.startswith("/"):
            return (CONTRIB if package.startswith(CONTRIB) else CORE) + path, name
        return path, name


def _reconcile(tree: Tree, struct: Tree, schema: dict[str, Any]) -> Tree:
    """Correct a component's schema file by its Config struct, which is what really decodes.

    Some schema files inline a section that the struct keeps under a key of its own (prometheus_remote_write of 0.155
    says ``initial_interval`` where the collector wants ``retry_on_failure``).
    """
    if tree is True or struct is True:
        return tree
    own = schema.get("properties", {})
    keys = {key: child for key, child in tree["keys"].items() if key in own or key in struct["keys"]}
    return {"keys": {**struct["keys"], **keys}}
