"""The ``local`` section, and the folders and ports of a local run."""

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
    """The TCP port of each listener of a local run."""

    viewer: int = VIEWER_PORT
    prometheus: int = PROMETHEUS_PORT
    otelcol_otlp: int = OTLP_PORT
    otelcol_health: int = HEALTH_PORT
    otelcol_telemetry: int = TELEMETRY_PORT
    apps: Mapping[str, int] = field(default_factory=dict)
    """App name to port, for the apps that kubeglass runs itself."""


#: The parts of every local run, by their names in :class:`LocalPorts`.
PARTS = ("viewer", "prometheus", "otelcol_otlp", "otelcol_health", "otelcol_telemetry")


class ChosenPorts(Section):
    """Fixed ports; a part without one gets its usual port or the next free one."""

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
    """Settings of a local run."""

    ports: ChosenPorts = Field(default=NONE_CHOSEN, description="Ports that must be these and no others.")


def usual_ports(apps: Iterable[App], chosen: ChosenPorts = NONE_CHOSEN) -> LocalPorts:
    """Give each part its chosen or usual port, or the next that no other part prefers.

    Ports in use are not checked, so that files rendered before anything runs are the same on every machine.
    """
    ports: dict[str, int] = chosen.by_part
    usual = LocalPorts()
    wished = {part: getattr(usual, part) for part in PARTS if part not in ports}
    # A port that the file sets is not given to an app without one.
    own = sorted((app for app in apps if not app.is_only_scraped), key=lambda app: "port" not in app.model_fields_set)
    for name, port in [*wished.items(), *((f"app {app.name}", app.port) for app in own)]:
        ports[name] = next(other for other in count(port) if other not in ports.values())
    of_parts = {part: ports[part] for part in PARTS}
    return LocalPorts(**of_parts, apps={app.name: ports[f"app {app.name}"] for app in own})


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """The state folder and the ports of one local run.

    Args:
        root: absolute path of the ``.kubeglass`` folder, which rendered files are relative to.
        ports: the port of each part.
    """

    root: Path
    ports: LocalPorts = LocalPorts()

    @property
    def data(self) -> Path:
        """Folder of the engines' own data: ``data/prometheus``, ``data/otelcol``."""
        return self.root / "data"

    @property
    def queue(self) -> Path:
        """Folder of the collector's queues, one file for each exporter."""
        return self.data / "otelcol" / "queue"

    @property
    def logs(self) -> Path:
        """Folder with a log file for each process."""
        return self.root / "logs"

    def metrics_dir(self, app: str) -> Path:
        """Folder of ``app``'s multiprocess metric files, one for each worker."""
        return self.data / "metrics" / app

    def url(self, port: int, path: str = "") -> str:
        """Return the HTTP address of a port on this machine."""
        return f"http://{LOOPBACK}:{port}{path}"
