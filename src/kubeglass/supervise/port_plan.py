"""Which port each part of a run listens on: the usual one, or the next that is free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kubeglass.model.app import App
from kubeglass.model.local import LocalPorts
from kubeglass.observe.ports import find_free_port


@dataclass(frozen=True, slots=True)
class PortPlan:
    """The ports of a run.

    Args:
        ports: one for each listener.
        notes: which of them are not the usual ones, for people to read.
    """

    ports: LocalPorts
    notes: tuple[str, ...]


def plan_ports(apps: Iterable[App], wanted: LocalPorts | None = None) -> PortPlan:
    """Choose a free port for every part and for each app that is run here.

    Args:
        apps: the apps to run; each says which port it would like.
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
    taken: set[int] = set()
    notes: list[str] = []
    chosen = {name: _choose(name, port, taken, notes) for name, port in usual.items()}
    chosen_for_apps = {name: _choose(name, port, taken, notes) for name, port in usual_of_apps.items()}
    return PortPlan(LocalPorts(**chosen, apps=chosen_for_apps), tuple(notes))


def extend_ports(current: LocalPorts, before: Iterable[App], after: Sequence[App]) -> PortPlan:
    """Keep the ports of a run and choose one for each app that is new or would like another.

    Args:
        current: the run's ports.
        before: the apps that run.
        after: the apps to run from now on.

    Raises:
        PortError: a whole range is in use.
    """
    wished = {app.name: app.port for app in before}
    kept = {app.name: current.apps[app.name] for app in after if wished.get(app.name) == app.port}
    taken = set(kept.values())
    notes: list[str] = []
    chosen = {app.name: kept.get(app.name) or _choose(app.name, app.port, taken, notes) for app in after}
    return PortPlan(replace(current, apps=chosen), tuple(notes))


def _choose(name: str, wanted: int, taken: set[int], notes: list[str]) -> int:
    label = name.replace("_", " ")
    port = find_free_port(wanted, purpose=label, taken=taken)
    taken.add(port)
    if port != wanted:
        notes.append(f"{label}: port {wanted} is in use, using {port}")
    return port
