"""Where the local run keeps its files and which address each part listens on.

These are settings, passed from code to code: nobody writes them, ports are chosen when the run starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from kubeglass.model.app import App
from kubeglass.model.parts import HEALTH_PORT, OTLP_PORT, PROMETHEUS_PORT, TELEMETRY_PORT, VIEWER_PORT

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class LocalPorts:
    """One TCP port of 127.0.0.1 for each listener of a local run."""

    viewer: int = VIEWER_PORT
    prometheus: int = PROMETHEUS_PORT
    otelcol_otlp: int = OTLP_PORT
    otelcol_health: int = HEALTH_PORT
    otelcol_telemetry: int = TELEMETRY_PORT
    apps: Mapping[str, int] = field(default_factory=dict)
    """App name to port, for the apps that kubeglass runs itself."""


def usual_ports(apps: Iterable[App]) -> LocalPorts:
    """Give every app that runs here the port it would like, or the next that no other part would like.

    Without a look at what listens: files that are rendered before anything runs come out the same on every machine.
    """
    usual = LocalPorts()
    taken = {usual.viewer, usual.prometheus, usual.otelcol_otlp, usual.otelcol_health, usual.otelcol_telemetry}
    ports: dict[str, int] = {}
    # A port that somebody wrote is not given to an app that takes any.
    for app in sorted((app for app in apps if app.target is None), key=lambda app: "port" not in app.model_fields_set):
        ports[app.name] = next(port for port in count(app.port) if port not in taken)
        taken.add(ports[app.name])
    return replace(usual, apps=ports)


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """The state folder and the ports of one local run.

    Args:
        root: the ``.kubeglass`` folder, absolute; rendered files lie below it at their ``RenderedFile``'s path.
        ports: the port each part listens on.
    """

    root: Path
    ports: LocalPorts = LocalPorts()

    @property
    def data(self) -> Path:
        """Folder of the engines' own data: ``data/prometheus``, ``data/otelcol``."""
        return self.root / "data"

    @property
    def queue(self) -> Path:
        """Folder of what the collector has yet to deliver, one file an exporter."""
        return self.data / "otelcol" / "queue"

    @property
    def logs(self) -> Path:
        """Folder with one log file a process."""
        return self.root / "logs"

    @property
    def run_file(self) -> Path:
        """What runs now: pids, addresses, start time."""
        return self.root / "run.json"

    def metrics_dir(self, app: str) -> Path:
        """Folder of ``app``'s multiprocess metric files, one file a worker."""
        return self.data / "metrics" / app

    def url(self, port: int, path: str = "") -> str:
        """Build the http address of a part on this machine."""
        return f"http://{LOOPBACK}:{port}{path}"
