"""Diagnoses missing data: finds the broken link in the chain from the application to the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kubeglass.catalog import PROBE_REQUESTS
from kubeglass.engines.otelcol import OTELCOL
from kubeglass.engines.prometheus import PROMETHEUS
from kubeglass.errors import NoDataError
from kubeglass.model.sections.app import App
from kubeglass.observe.collector import CollectorTelemetry, read_collector
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.probes import HttpProbe
from kubeglass.supervise.end_to_end_check import EndToEndResult
from kubeglass.supervise.stack import Stack

#: Last log lines shown with the error.
LOG_LINES = 12

Tail = Callable[[str, int], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known once the deadline has passed.

    Args:
        stack: the run.
        result: the last result, or None if Prometheus never responded.
        tail: returns the last lines of a process's log.
    """

    stack: Stack
    result: EndToEndResult | None
    tail: Tail


def diagnose(evidence: Evidence) -> NoDataError:
    """Follow the data from the application on and name the first broken link."""
    for find in (_app, _collector, _scrape, _prometheus, _export, _probes):
        error = find(evidence)
        if error is not None:
            return error
    return _panels(evidence)


def metrics_url(app: App, stack: Stack) -> str:
    """Build the address that the collector scrapes."""
    if app.target:
        return f"http://{app.target}{app.metrics_path}"
    return stack.settings.url(stack.settings.ports.apps[app.name], app.metrics_path)


def _app(evidence: Evidence) -> NoDataError | None:
    for app in evidence.stack.options.pipeline.apps:
        result = HttpProbe(metrics_url(app, evidence.stack), any_status=app.metrics_auth is not None).check()
        if result.ok:
            continue
        hint = "start it, or correct its address" if app.target else "check whether its own code serves that path"
        return _broken(evidence, app.name, "its metrics cannot be read", result.detail, hint)
    return None


def _collector(evidence: Evidence) -> NoDataError | None:
    result = HttpProbe(OTELCOL.readiness_url(evidence.stack.settings)).check()
    if result.ok:
        return None
    return _broken(evidence, OTELCOL.name, "the collector is not healthy", result.detail)


def _scrape(evidence: Evidence) -> NoDataError | None:
    down = sorted(evidence.result.targets.down) if evidence.result else []
    if not down:
        return None
    found = f"{down[0]} answers, but up is 0"
    hint = "check that the page is in Prometheus's text format and responds within the scrape timeout"
    return _broken(evidence, OTELCOL.name, "the collector cannot scrape the app", found, hint)


def _prometheus(evidence: Evidence) -> NoDataError | None:
    result = HttpProbe(PROMETHEUS.readiness_url(evidence.stack.settings)).check()
    if result.ok:
        return None
    return _broken(evidence, PROMETHEUS.name, "Prometheus is not ready", result.detail)


def _export(evidence: Evidence) -> NoDataError | None:
    if evidence.result and not evidence.result.targets.unknown:
        return None
    telemetry = _read_telemetry(evidence)
    if telemetry is None or telemetry.accepted == 0:
        return _broken(evidence, OTELCOL.name, "the collector has scraped nothing yet", "no metric points so far")
    found = f"{telemetry.accepted:.0f} metric points scraped, {telemetry.sent:.0f} delivered"
    return _broken(evidence, OTELCOL.name, "the collector cannot deliver to Prometheus", found)


def _probes(evidence: Evidence) -> NoDataError | None:
    if not (evidence.result and evidence.result.uncounted):
        return None
    return NoDataError(
        evidence.result.uncounted[0],
        "its metrics do not count the request that kubeglass sent",
        found=f"{PROBE_REQUESTS.name} is 0",
        hint="check that only one server listens at its address, and that its workers share PROMETHEUS_MULTIPROC_DIR",
    )


def _panels(evidence: Evidence) -> NoDataError:
    empty = evidence.result.empty_panels if evidence.result else ()
    return NoDataError(
        "dashboard",
        "panels have no data",
        found=f"{len(empty)} queries without a series",
        hint="try the queries below at Prometheus's address",
        details=tuple(str(panel) for panel in empty),
    )


def _read_telemetry(evidence: Evidence) -> CollectorTelemetry | None:
    settings = evidence.stack.settings
    try:
        return read_collector(settings.url(settings.ports.otelcol_telemetry, "/metrics"))
    except ObserveError:
        return None


def _broken(evidence: Evidence, name: str, wrong: str, found: str, hint: str = "") -> NoDataError:
    lines = evidence.tail(name, LOG_LINES)
    return NoDataError(name, wrong, found=found, hint=hint, details=(f"last lines of {name}:", *lines) if lines else ())
