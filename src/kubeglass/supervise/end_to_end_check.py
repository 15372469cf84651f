"""Whether data flows end to end: targets up, probes counted, and every panel's query returns data."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from kubeglass.catalog import PROBE_REQUESTS
from kubeglass.dashboards.queries import PanelQuery
from kubeglass.observe.prometheus import EmptyPanel, Prometheus, TargetHealth, find_empty_panels, read_targets

#: A rate needs two samples: only then do panels show this run and not an earlier one.
SCRAPES = 2


@dataclass(frozen=True, slots=True)
class Goal:
    """What must be seen.

    Args:
        jobs: apps whose targets must be up.
        since: when the run began, in seconds since the epoch; samples of an earlier run do not count.
        probed: apps that were sent a probe, which must be counted.
        queries: queries of panels.
        panels_required: whether an empty panel means that data is missing; an app without kubeglass's metrics leaves
            panels empty.
    """

    jobs: tuple[str, ...]
    since: float
    probed: tuple[str, ...] = ()
    queries: Sequence[PanelQuery] = ()
    panels_required: bool = False


@dataclass(frozen=True, slots=True)
class EndToEndResult:
    """What was seen at one moment.

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
        """Say in a few words what is still missing."""
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
