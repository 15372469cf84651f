"""The ``local`` section, and where a local run keeps its files and listens once its ports are chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from pydantic import Field

from kubeglass.model.parts import HEALTH_PORT, LOOPBACK, OTLP_PORT, PROMETHEUS_PORT, TELEMETRY_PORT, VIEWER_PORT
from kubeglass.model.sections.app import App
from kubeglass.model.sections.section import Section
from kubeglass.model.text import Port


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


#: The parts of every run, by their names in :class:`LocalPorts`.
PARTS = ("viewer", "prometheus", "otelcol_otlp", "otelcol_health", "otelcol_telemetry")


class ChosenPorts(Section):
    """Ports of 127.0.0.1 that must be these; a part without one gets its usual port or the next free one."""

    page: Port | None = Field(
        default=None, description=f"Port of the page; empty means {VIEWER_PORT} or the next free."
    )
    prometheus: Port | None = Field(
        default=None, description=f"Port of Prometheus; empty means {PROMETHEUS_PORT} or the next free."
    )
    otlp: Port | None = Field(
        default=None, description=f"Port that takes OTLP over HTTP; empty means {OTLP_PORT} or the next free."
    )

    @property
    def by_part(self) -> dict[str, int]:
        """The chosen ports under the names of :class:`LocalPorts`."""
        ports = {"viewer": self.page, "prometheus": self.prometheus, "otelcol_otlp": self.otlp}
        return {part: port for part, port in ports.items() if port is not None}


NONE_CHOSEN = ChosenPorts()


class Local(Section):
    """What concerns this machine alone."""

    ports: ChosenPorts = Field(default=NONE_CHOSEN, description="Ports that must be these and no others.")


def usual_ports(apps: Iterable[App], chosen: ChosenPorts = NONE_CHOSEN) -> LocalPorts:
    """Give each part its chosen or usual port, or the next that no other part would like.

    Without a look at what listens: files that are rendered before anything runs come out the same on every machine.
    """
    ports: dict[str, int] = chosen.by_part
    usual = LocalPorts()
    wished = {part: getattr(usual, part) for part in PARTS if part not in ports}
    # A port that somebody wrote is not given to an app that takes any.
    own = sorted((app for app in apps if app.target is None), key=lambda app: "port" not in app.model_fields_set)
    for name, port in [*wished.items(), *((f"app {app.name}", app.port) for app in own)]:
        ports[name] = next(other for other in count(port) if other not in ports.values())
    of_parts = {part: ports[part] for part in PARTS}
    return LocalPorts(**of_parts, apps={app.name: ports[f"app {app.name}"] for app in own})


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
