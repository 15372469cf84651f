"""The ``dashboards`` section, and the Grafana JSON in its folders."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Never, Self

from pydantic import Field, PrivateAttr

from kubeglass.model.problem import Problem
from kubeglass.model.quantity import Duration
from kubeglass.model.sections.section import Section


class DashboardName(StrEnum):
    """Uids of kubeglass's own dashboards; :data:`kubeglass.dashboards.registry.DASHBOARDS` builds each."""

    OVERVIEW = "application-overview"
    CLUSTER = "cluster-nodes-and-pods"


class Dashboards(Section):
    """Which dashboards are rendered and provisioned."""

    include: tuple[DashboardName, ...] = Field(
        default=(), description="Uids of kubeglass's dashboards to keep; empty means all that fit."
    )
    folders: tuple[str, ...] = Field(
        default=(), description="Folders of Grafana JSON of your own, relative to kubeglass.yaml."
    )
    refresh: Duration = Field(default=5.0, ge=1.0, description="How often an open dashboard asks for new data.")

    #: Not a key: the folders are read once, with the definition, so that rendering stays pure.
    _own: dict[str, str] = PrivateAttr(default={})

    @property
    def own(self) -> Mapping[str, str]:
        """JSON of each dashboard in :attr:`folders`, by uid, as it was when the definition was read."""
        return self._own

    def holding(self, own: Mapping[str, str]) -> Self:
        """Return a copy of the section with the dashboards in its folders."""
        copy = self.model_copy()
        copy._own = dict(own)
        return copy


#: Grafana's rule for a dashboard's uid.
_UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")

#: A ConfigMap holds 1 MiB with everything around the text: https://kubernetes.io/docs/concepts/configuration/configmap/
LARGEST_BYTES = 1_000_000


class _NotADashboardError(Exception):
    def __init__(self, wrong: str, hint: str = "") -> None:
        super().__init__(wrong)
        self.hint = hint


def read_dashboards(dashboards: Dashboards, folder: Path) -> tuple[dict[str, str], list[Problem]]:
    """Read every ``*.json`` in the section's folders and below them.

    Args:
        dashboards: the section.
        folder: base of its folders.

    Returns:
        The JSON of each dashboard by uid, in the order of folders and names, and what is wrong with the others.
    """
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for index, name in enumerate(dashboards.folders):
        loc = ("dashboards", "folders", index)
        if not (folder / name).is_dir():
            problems.append(Problem(loc, "is not a folder", found=f"looked for {folder / name}"))
            continue
        paths = list(_json_files(folder / name))
        if not paths:
            problems.append(Problem(loc, "contains no .json file", found=f"looked below {folder / name}"))
        for path in paths:
            try:
                text = _read(path)
                found[_find_uid(_parse(text), found)] = text if text.endswith("\n") else text + "\n"
            except _NotADashboardError as error:
                problems.append(Problem(loc, f"contains {path.name}, which {error}", hint=error.hint))
    return found, problems


def _json_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.json")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _NotADashboardError(f"cannot be read ({getattr(error, 'strerror', 'not UTF-8 text')})") from error
    if len(text.encode()) > LARGEST_BYTES:
        raise _NotADashboardError("is too large for a ConfigMap (1 MiB)", "split the dashboard")
    return text


def _parse(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _NotADashboardError(
            f"is not JSON (line {error.lineno}, column {error.colno}: {error.msg})", "export it from Grafana again"
        ) from error
    except RecursionError as error:
        raise _NotADashboardError("is nested too deeply for a dashboard") from error


def _refuse_constant(name: str) -> Never:
    raise _NotADashboardError(f"is not JSON (it contains {name}, which Grafana rejects)")


def _find_uid(document: Any, found: Container[str]) -> str:
    """Check that Grafana and the page can load the dashboard beside those found, and return its uid."""
    if not isinstance(document, dict) or not isinstance(document.get("panels"), list):
        raise _NotADashboardError("is not a dashboard (it has no list 'panels')", "export it as classic JSON")
    if document.get("__inputs"):
        raise _NotADashboardError(
            "was exported for sharing (it has '__inputs') and names no data source",
            "export it without that option, or set its data source to 'prometheus'",
        )
    if not isinstance(document.get("title"), str) or not document["title"]:
        raise _NotADashboardError("has no title", "add 'title'")
    uid = document.get("uid")
    if not isinstance(uid, str) or not _UID.fullmatch(uid):
        hint = "add one of at most 40 letters, digits, '-' and '_'"
        raise _NotADashboardError(f"has no valid uid (found {json.dumps(uid)[:80]})", hint)
    if uid in found:
        raise _NotADashboardError(f"has the uid of another file ('{uid}')", "give each file its own")
    if uid in set(DashboardName):
        raise _NotADashboardError(f"has the uid of a kubeglass dashboard ('{uid}')", "choose another")
    return uid
