"""Ports that a run keeps from other runs of the same user, also while nobody listens on them.

Two runs that start at once would find the same ports free, and a run whose Prometheus restarts would lose its port to
one that starts in that second. So a run holds a lock on a file for each of its ports; the system drops it with the
process.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from kubeglass.files import lock
from kubeglass.model.local import NONE_CHOSEN, PARTS, ChosenPorts, LocalPorts
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.observe.ports import find_free_port, require_free_port

USUAL = LocalPorts()


class PortClaims:
    """The ports of one run; use it in a ``with`` as long as the run lives.

    Where the folder cannot be used, ports are kept from this run's own other parts alone.

    Args:
        folder: where the locks are, the same for every run of this user.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / f"kubeglass-ports-{os.getuid()}"
        self._held: dict[int, int | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for descriptor in self._held.values():
            if descriptor is not None:
                os.close(descriptor)
        self._held = {}

    def claim(self, port: int) -> bool:
        """Take ``port``; False if this run or another has it already."""
        if port in self._held:
            return False
        try:
            descriptor = self._open(port)
        except OSError:
            self._held[port] = None
            return True
        if not lock(descriptor):
            os.close(descriptor)
            return False
        self._held[port] = descriptor
        return True

    def _open(self, port: int) -> int:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        owner = self._folder.lstat().st_uid
        if owner != os.getuid():
            # The folder for temporary files is everybody's: somebody else may have made this name a trap.
            raise PermissionError(f"{self._folder} belongs to user {owner}")
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(self._folder / str(port), flags, 0o600)


@dataclass(frozen=True, slots=True)
class PortPlan:
    """The ports of a run.

    Args:
        ports: one for each listener.
        notes: which of them are not the usual ones, for people to read.
    """

    ports: LocalPorts
    notes: tuple[str, ...]


def plan_ports(
    apps: Iterable[App], claims: PortClaims, chosen: ChosenPorts = NONE_CHOSEN, usual: LocalPorts = USUAL
) -> PortPlan:
    """Find a port for every part and for each app that is run here.

    Args:
        apps: the apps to run; each says which port it would like.
        claims: keeps the ports from other runs.
        chosen: ports that must be these.
        usual: ports that may be others.

    Raises:
        PortError: a chosen port is in use, or a whole range is.
    """
    notes: list[str] = []
    ports = _require_chosen(chosen, claims)
    for part in PARTS:
        if part not in ports:
            ports[part] = _find(part, getattr(usual, part), claims, notes)
    of_apps = {app.name: _find(app.name, app.port, claims, notes) for app in apps}
    return PortPlan(LocalPorts(**ports, apps=of_apps), tuple(notes))


def extend_ports(current: LocalPorts, claims: PortClaims, before: Pipeline, after: Pipeline) -> PortPlan:
    """Keep the ports of a run, and find one for each app that is new or wants another, and for a part that must move.

    Args:
        current: the run's ports.
        claims: keeps the ports from other runs, and holds the run's own.
        before: what runs.
        after: what runs from now on.

    Raises:
        PortError: a chosen port is in use, or a whole range is.
    """
    wished = {app.name: app.port for app in before.apps if app.module}
    own = [app for app in after.apps if app.module]
    kept = {
        app.name: current.apps[app.name] for app in own if wished.get(app.name) == app.port and app.name in current.apps
    }
    notes: list[str] = []
    moved = {part: port for part, port in after.local.ports.by_part.items() if getattr(current, part) != port}
    ports = _require_chosen(after.local.ports, claims, only=moved)
    of_apps = {app.name: kept.get(app.name) or _find(app.name, app.port, claims, notes) for app in own}
    return PortPlan(replace(current, **ports, apps=of_apps), tuple(notes))


def _require_chosen(chosen: ChosenPorts, claims: PortClaims, only: Container[str] = PARTS) -> dict[str, int]:
    keys = dict(zip(chosen.by_part, (key for key, port in chosen if port is not None), strict=True))
    ports = {part: port for part, port in chosen.by_part.items() if part in only}
    for part, port in ports.items():
        require_free_port(port, purpose=f"local.ports.{keys[part]}", claim=claims.claim)
    return ports


def _find(name: str, wanted: int, claims: PortClaims, notes: list[str]) -> int:
    label = name.replace("_", " ")
    port = find_free_port(wanted, purpose=label, claim=claims.claim)
    if port != wanted:
        notes.append(f"{label}: port {wanted} is in use, using {port}")
    return port
