"""Ports that a run keeps from other runs of the same user, also while nobody listens on them.

Two runs that start at once would find the same ports free, and a run whose Prometheus restarts would lose its port to
one that starts in that second. So a run holds a lock on a file for each of its ports; the system drops it with the
process.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from kubeglass.files import lock
from kubeglass.model.app import App
from kubeglass.model.local import LocalPorts
from kubeglass.observe.ports import find_free_port


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


def plan_ports(apps: Iterable[App], claims: PortClaims, wanted: LocalPorts | None = None) -> PortPlan:
    """Choose a free port for every part and for each app that is run here.

    Args:
        apps: the apps to run; each says which port it would like.
        claims: keeps the chosen ports from other runs.
        wanted: the usual ports.

    Raises:
        PortError: a whole range is in use.
    """
    wanted = wanted or LocalPorts()
    usual = {
        "viewer": wanted.viewer,
        "prometheus": wanted.prometheus,
        "otelcol_otlp": wanted.otelcol_otlp,
        "otelcol_health": wanted.otelcol_health,
        "otelcol_telemetry": wanted.otelcol_telemetry,
    }
    usual_of_apps = {app.name: app.port for app in apps}
    notes: list[str] = []
    chosen = {name: _choose(name, port, claims, notes) for name, port in usual.items()}
    chosen_for_apps = {name: _choose(name, port, claims, notes) for name, port in usual_of_apps.items()}
    return PortPlan(LocalPorts(**chosen, apps=chosen_for_apps), tuple(notes))


def extend_ports(current: LocalPorts, claims: PortClaims, before: Iterable[App], after: Sequence[App]) -> PortPlan:
    """Keep the ports of a run and choose one for each app that is new or would like another.

    Args:
        current: the run's ports.
        claims: keeps the chosen ports from other runs, and holds the run's own.
        before: the apps that run.
        after: the apps to run from now on.

    Raises:
        PortError: a whole range is in use.
    """
    wished = {app.name: app.port for app in before}
    kept = {app.name: current.apps[app.name] for app in after if wished.get(app.name) == app.port}
    notes: list[str] = []
    chosen = {app.name: kept.get(app.name) or _choose(app.name, app.port, claims, notes) for app in after}
    return PortPlan(replace(current, apps=chosen), tuple(notes))


def _choose(name: str, wanted: int, claims: PortClaims, notes: list[str]) -> int:
    label = name.replace("_", " ")
    port = find_free_port(wanted, purpose=label, claim=claims.claim)
    if port != wanted:
        notes.append(f"{label}: port {wanted} is in use, using {port}")
    return port
