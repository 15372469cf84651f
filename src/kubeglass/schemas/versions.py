"""Reads what each version of the collector accepts from data files."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from kubeglass.errors import ConfigError

#: Sections of components.
KINDS = ("extensions", "receivers", "processors", "exporters", "connectors")


@dataclass(frozen=True, slots=True)
class Changes:
    """Renames and removals up to a version.

    Args:
        renamed: (kind, old name) to new name.
        removed: (kind, name) to what to use instead.
        removed_keys: path of a key, component ids without their ``/name``, to what to write instead.
    """

    renamed: dict[tuple[str, str], str]
    removed: dict[tuple[str, str], str]
    removed_keys: dict[str, str]


@cache
def known_versions() -> tuple[str, ...]:
    """Return the known versions in ascending order."""
    names = [path.name.removesuffix(".json") for path in (files(__package__) / "versions").iterdir()]
    return tuple(sorted((name for name in names if name[0].isdigit()), key=_order))


@cache
def load_version(version: str) -> dict[str, Any]:
    """Load the newest known version that is not newer than ``version``.

    Raises:
        ConfigError: it is not a version, or every known one is newer.
    """
    candidates = [known for known in known_versions() if _order(known) <= _order(version)]
    if not candidates:
        oldest = known_versions()[0]
        raise ConfigError(
            f"collector {version}", "is older than every version kubeglass knows", found=f"oldest: {oldest}"
        )
    text = (files(__package__) / "versions" / f"{candidates[-1]}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def load_changes(version: str) -> Changes:
    """Load what was renamed or removed up to ``version``.

    Raises:
        ConfigError: it is not a version.
    """
    data = tomllib.loads((files(__package__) / "renames.toml").read_text(encoding="utf-8"))
    here = _order(version)
    done = {table: [entry for entry in data[table] if _order(entry.get("since", "0.0.0")) <= here] for table in data}
    return Changes(
        renamed={(entry["kind"], entry["old"]): entry["new"] for entry in done["component"]},
        removed={(entry["kind"], entry["name"]): entry["instead"] for entry in done["removed_component"]},
        removed_keys={entry["path"]: entry["instead"] for entry in done["removed_key"]},
    )


def _order(version: str) -> tuple[int, ...]:
    if not re.fullmatch(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}", version):
        hint = "write it as 'otelcol --version' does, without 'v' or a suffix: 0.155.0"
        raise ConfigError(f"collector {version}", "is not a version", hint=hint)
    return tuple(int(part) for part in version.split("."))
