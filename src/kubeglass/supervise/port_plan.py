"""Which port each part of a run listens on: the usual one, or the next that is free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kubeglass.model.app import App
from kubeglass.model.local import LocalPorts
from kubeglass.observe.ports import find_free_port
from kubeglass.supervise.port_claims import PortClaims


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
