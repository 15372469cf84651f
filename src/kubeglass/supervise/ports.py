"""The ports of a run, kept from other runs of the same user even while nothing listens on them.

Two runs that start at the same time would find the same ports free, and a run whose Prometheus restarts could lose its
port to a new run. So a run holds a lock file for each of its ports; the kernel releases it when the process ends.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from kubeglass.files import lock
from kubeglass.model.local import NONE_CHOSEN, PARTS, ChosenPorts, LocalPorts
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.observe.ports import find_free_port, require_free_port

USUAL = LocalPorts()

Note = Callable[[str], None]


class PortClaims(ExitStack):
    """The ports of one run, held until the ``with`` block ends.

    If the folder cannot be used, ports are kept only from the other parts of this run.

    Args:
        folder: folder of the lock files, the same for every run of this user.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder or Path(tempfile.gettempdir()) / f"kubeglass-ports-{os.getuid()}"
        self._held: set[int] = set()

    def claim(self, port: int) -> bool:
        """Claim ``port``; return False if this run or another holds it."""
        if port in self._held:
            return False
        try:
            descriptor = self._open(port)
        except OSError:
            self._held.add(port)
            return True
        if not lock(descriptor):
            os.close(descriptor)
            return False
        self.callback(os.close, descriptor)
        self._held.add(port)
        return True

    def _open(self, port: int) -> int:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        owner = self._folder.lstat().st_uid
        if owner != os.getuid():
            # Anybody may create files in the folder for temporary files, under this name too.
            raise PermissionError(f"{self._folder} belongs to user {owner}")
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(self._folder / str(port), flags, 0o600)


def plan_ports(
    apps: Iterable[App], claims: PortClaims, note: Note, chosen: ChosenPorts = NONE_CHOSEN, usual: LocalPorts = USUAL
) -> LocalPorts:
    """Find a port for every part and for each app that kubeglass runs.

    Args:
        apps: the apps to run, with their preferred ports.
        claims: keeps the ports from other runs.
        note: called with a line for each port that is not the preferred one.
        chosen: ports that must be used.
        usual: preferred ports.

    Raises:
        PortError: a chosen port is in use, or a whole range is.
    """
    ports = _require_chosen(chosen, claims, chosen.by_part)
    for part in PARTS:
        if part not in ports:
            ports[part] = _find(part, getattr(usual, part), claims, note)
    return LocalPorts(**ports, apps={app.name: _find(app.name, app.port, claims, note) for app in apps})


def extend_ports(current: LocalPorts, claims: PortClaims, note: Note, before: Pipeline, after: Pipeline) -> LocalPorts:
    """Keep the ports of a run, except for new apps, changed preferred ports of apps, and changed chosen ports.

    Args:
        current: the run's ports.
        claims: holds the run's ports.
        note: called with a line for each port that is not the preferred one.
        before: the pipeline that runs.
        after: the pipeline that will run.

    Raises:
        PortError: a chosen port is in use, or a whole range is.
    """
    preferred = {app.name: app.port for app in before.apps if app.module}
    chosen = after.local.ports
    moved = {part: port for part, port in chosen.by_part.items() if getattr(current, part) != port}
    parts = _require_chosen(chosen, claims, moved)
    apps = {
        app.name: current.apps[app.name]
        if preferred.get(app.name) == app.port and app.name in current.apps
        else _find(app.name, app.port, claims, note)
        for app in after.apps
        if app.module
    }
    return replace(current, **parts, apps=apps)


def _require_chosen(chosen: ChosenPorts, claims: PortClaims, ports: Mapping[str, int]) -> dict[str, int]:
    keys = dict(zip(chosen.by_part, (key for key, port in chosen if port is not None), strict=True))
    for part, port in ports.items():
        require_free_port(port, purpose=f"local.ports.{keys[part]}", claim=claims.claim)
    return dict(ports)


def _find(name: str, preferred: int, claims: PortClaims, note: Note) -> int:
    label = name.replace("_", " ")
    port = find_free_port(preferred, purpose=label, claim=claims.claim)
    if port != preferred:
        note(f"{label}: port {preferred} is in use, using {port}")
    return port
