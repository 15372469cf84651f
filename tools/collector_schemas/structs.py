"""Keys from Go sources: the ``mapstructure`` tags of a package's structs, for packages without a schema file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_STRUCT = re.compile(r"^type\s+(\w+)\s+struct\s*\{(.*?)^\}", re.MULTILINE | re.DOTALL)
_ALIAS = re.compile(r"^type\s+(\w+)\s+=\s+([\w.]+)\s*$", re.MULTILINE)
_FIELD = re.compile(r"^\s*(?:(\w+)\s+)?([^\s`]+)\s+`[^`]*mapstructure:\"([^\"]*)\"", re.MULTILINE)
_IMPORT = re.compile(r"^\s*(?:import\s+)?(?:(\w+)\s+)?\"([\w.\-/]+)\"", re.MULTILINE)


@dataclass(frozen=True)
class Field:
    """One field: its key (empty for an embedded struct), its type as written, and the package that type is of."""

    key: str
    type: str
    squash: bool


def snake(name: str) -> str:
    """Write a Go name as schema files do: ``TCPAddrConfig`` becomes ``tcp_addr_config``."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


@cache
def structs(folder: Path) -> dict[str, tuple[Field, ...]]:
    """Read every struct of a package, by its name in snake case; types of other packages get their full path."""
    found = {}
    for path in sorted(folder.glob("*.go")):
        if path.name.endswith("_test.go"):
            continue
        source = path.read_text()
        imports = {alias or _package_name(name): name for alias, name in _IMPORT.findall(source)}
        for name, body in _STRUCT.findall(source):
            fields = [_field(type_, tag, imports) for _, type_, tag in _FIELD.findall(body)]
            found[snake(name)] = tuple(field for field in fields if field is not None)
    return found


@cache
def aliases(folder: Path) -> dict[str, str]:
    """Read which types of a package are another's under a name of their own."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.go")):
        source = path.read_text()
        imports = {alias or _package_name(name): name for alias, name in _IMPORT.findall(source)}
        found |= {snake(name): _full_type(type_, imports) for name, type_ in _ALIAS.findall(source)}
    return found


def _field(type_: str, tag: str, imports: dict[str, str]) -> Field | None:
    key, *options = tag.split(",")
    squash = "squash" in options
    if key == "-" or (not key and not squash):
        return None
    return Field(key, _full_type(type_, imports), squash)


def _full_type(type_: str, imports: dict[str, str]) -> str:
    optional = re.fullmatch(r"\*?configoptional\.Optional\[(.+)\]", type_)
    if optional:
        return _full_type(optional[1], imports)
    for prefix in ("*", "[]", "map[string]"):
        if type_.startswith(prefix):
            return ("" if prefix == "*" else prefix) + _full_type(type_[len(prefix) :], imports)
    package, _, name = type_.rpartition(".")
    return f"{imports.get(package, package)}#{snake(name)}" if package else f"#{snake(name)}"


def _package_name(path: str) -> str:
    parts = path.split("/")
    return parts[-2] if re.fullmatch(r"v\d[\w.]*", parts[-1]) else parts[-1]
