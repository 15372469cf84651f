"""Checks whether data flows end to end, and finds the broken link if it does not."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from kubeglass.catalog import PROBE_REQUESTS
from kubeglass.dashboards.queries import PanelQuery
from kubeglass.engines.engine import Engine
from kubeglass.engines.registry import OTELCOL, PROMETHEUS
from kubeglass.errors import NoDataError
from kubeglass.observe.collector import read_collector
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.probes import HttpProbe
from kubeglass.observe.prometheus import EmptyPanel, Prometheus, TargetHealth, find_empty_panels, read_targets
from kubeglass.supervise.stack import Stack

#: A rate needs two samples: only then do panels show this run and not an earlier one.
SCRAPES = 2


@dataclass(frozen=True, slots=True)
class Goal:
    """What must be seen.

    Args:
        jobs: apps whose targets must be up.
        since: when the run began, in seconds since the epoch; earlier samples do not count.
        probed: apps that were sent a probe, which must be counted.
        queries: queries of panels.
        panels_required: whether panels must have data; an app without kubeglass's metrics leaves some empty.
    """

    jobs: tuple[str, ...]
    since: float
    probed: tuple[str, ...] = ()
    queries: Sequence[PanelQuery] = ()
    panels_required: bool = False


@dataclass(frozen=True, slots=True)
class EndToEndResult:
    """The result of one check.

    Args:
        targets: apps by the health of their targets.
        uncounted: apps whose probe is not counted; not checked while a target is missing.
        empty_panels: queries without data; not checked while a probe is missing.
        complete: whether the goal is reached.
    """

    targets: TargetHealth
    uncounted: tuple[str, ...]
    empty_panels: tuple[EmptyPanel, ...]
    complete: bool

    @property
    def awaited(self) -> str:
        """What is still missing, in a few words."""
        if self.targets.unknown:
            return f"scrapes of {', '.join(sorted(self.targets.unknown))}"
        if self.targets.down:
            return f"{', '.join(sorted(self.targets.down))} to answer its scrapes"
        if self.uncounted:
            return f"the probe of {', '.join(self.uncounted)} to be counted"
        return f"data for {len(self.empty_panels)} panels"


def check_end_to_end(prometheus: Prometheus, goal: Goal) -> EndToEndResult:
    """Check once.

    Raises:
        ObserveError: Prometheus does not answer, or not with data.
    """
    window = time.time() - goal.since
    targets = read_targets(prometheus, goal.jobs, window_seconds=window, scrapes=SCRAPES)
    if targets.down or targets.unknown:
        return EndToEndResult(targets, (), (), complete=False)
    uncounted = _find_uncounted(prometheus, goal.probed, window)
    if uncounted:
        return EndToEndResult(targets, uncounted, (), complete=False)
    empty = tuple(find_empty_panels(prometheus, goal.queries))
    return EndToEndResult(targets, (), empty, complete=not (empty and goal.panels_required))


def _find_uncounted(prometheus: Prometheus, apps: Sequence[str], window_seconds: float) -> tuple[str, ...]:
    if not apps:
        return ()
    query = f"max by (job) (last_over_time({PROBE_REQUESTS.name}[{round(window_seconds * 1000)}ms])) > 0"
    counted = {sample.labels.get("job") for sample in prometheus.query(query)}
    return tuple(app for app in apps if app not in counted)


#: Log lines shown with an error.
LOG_LINES = 12

Tail = Callable[[str, int], tuple[str, ...]]


class _Evidence(NamedTuple):
    stack: Stack
    result: EndToEndResult | None
    tail: Tail


def diagnose(stack: Stack, result: EndToEndResult | None, tail: Tail) -> NoDataError:
    """Follow the data from the app to the page, and return the first broken link.

    Args:
        stack: the run.
        result: the last result, or None if Prometheus never responded.
        tail: returns the last lines of a process's log.
    """
    evidence = _Evidence(stack, result, tail)
    collector = partial(_engine, OTELCOL, "the collector is not healthy")
    prometheus = partial(_engine, PROMETHEUS, "Prometheus is not ready")
    for find in (_app, collector, _scrape, prometheus, _export, _probes):
        if error := find(evidence):
            return error
    return _panels(evidence)


def _app(evidence: _Evidence) -> NoDataError | None:
    settings = evidence.stack.settings
    for app in evidence.stack.options.pipeline.apps:
        base = f"http://{app.target}" if app.target else settings.url(settings.ports.apps[app.name])
        result = HttpProbe(base + app.metrics_path, any_status=app.metrics_auth is not None).check()
        if result.ok:
            continue
        hint = "start it, or correct its address" if app.target else "check whether its own code serves that path"
        return _broken(evidence, app.name, "its metrics cannot be read", result.detail, hint)
    return None


def _engine(engine: Engine, wrong: str, evidence: _Evidence) -> NoDataError | None:
    result = HttpProbe(engine.readiness_url(evidence.stack.settings)).check()
    return None if result.ok else _broken(evidence, engine.name, wrong, result.detail)


def _scrape(evidence: _Evidence) -> NoDataError | None:
    down = sorted(evidence.result.targets.down) if evidence.result else []
    if not down:
        return None
    found = f"{down[0]} answers, but up is 0"
    hint = "check that the page is in Prometheus's text format and responds within the scrape timeout"
    return _broken(evidence, OTELCOL.name, "the collector cannot scrape the app", found, hint)


def _export(evidence: _Evidence) -> NoDataError | None:
    if evidence.result and not evidence.result.targets.unknown:
        return None
    settings = evidence.stack.settings
    try:
        telemetry = read_collector(settings.url(settings.ports.otelcol_telemetry, "/metrics"))
    except ObserveError:
        telemetry = None
    if telemetry is None or telemetry.accepted == 0:
        return _broken(evidence, OTELCOL.name, "the collector has scraped nothing yet", "no metric points so far")
    found = f"{telemetry.accepted:.0f} metric points scraped, {telemetry.sent:.0f} delivered"
    return _broken(evidence, OTELCOL.name, "the collector cannot deliver to Prometheus", found)


def _probes(evidence: _Evidence) -> NoDataError | None:
    if not (evidence.result and evidence.result.uncounted):
        return None
    return NoDataError(
        evidence.result.uncounted[0],
        "its metrics do not count the request that kubeglass sent",
        found=f"{PROBE_REQUESTS.name} is 0",
        hint="check that only one server listens at its address, and that its workers share PROMETHEUS_MULTIPROC_DIR",
    )


def _panels(evidence: _Evidence) -> NoDataError:
    empty = evidence.result.empty_panels if evidence.result else ()
    return NoDataError(
        "dashboard",
        "panels have no data",
        found=f"{len(empty)} queries without a series",
        hint="try the queries below at Prometheus's address",
        details=tuple(str(panel) for panel in empty),
    )


def _broken(evidence: _Evidence, name: str, wrong: str, found: str, hint: str = "") -> NoDataError:
    lines = evidence.tail(name, LOG_LINES)
    return NoDataError(name, wrong, found=found, hint=hint, details=(f"last lines of {name}:", *lines) if lines else ())
