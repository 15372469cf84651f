"""Whether data is seen end to end: targets up, and every panel's query answered."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from kubeglass.dashboards.queries import PanelQuery
from kubeglass.observe.panels import EmptyPanel, find_empty_panels
from kubeglass.observe.prometheus import Prometheus
from kubeglass.observe.targets import TargetHealth, read_targets

#: A rate needs two samples: only then do panels show this run and not an earlier one.
SCRAPES = 2


@dataclass(frozen=True, slots=True)
class Goal:
    """What must be seen.

    Args:
        jobs: apps whose targets must be up.
        since: when the run began, in seconds since the epoch; what an earlier run stored does not count.
        queries: panels' queries that are asked.
        panels_required: whether an empty panel means that data is missing; an app that somebody else runs may have
            metrics of another kind, so there it does not.
    """

    jobs: tuple[str, ...]
    since: float
    queries: Sequence[PanelQuery]
    panels_required: bool


@dataclass(frozen=True, slots=True)
class EndToEndResult:
    """What was seen at one moment.

    Args:
        targets: apps by how their targets are.
        empty_panels: queries without data; not asked while a target is missing.
        complete: whether the goal is reached.
    """

    targets: TargetHealth
    empty_panels: tuple[EmptyPanel, ...]
    complete: bool

    @property
    def awaited(self) -> str:
        """Say in a few words what is still missing."""
        if self.targets.unknown:
            return f"scrapes of {', '.join(sorted(self.targets.unknown))}"
        if self.targets.down:
            return f"{', '.join(sorted(self.targets.down))} to answer its scrapes"
        return f"data for {len(self.empty_panels)} panels"


def check_end_to_end(prometheus: Prometheus, goal: Goal) -> EndToEndResult:
    """Check once.

    Raises:
        ObserveError: Prometheus does not answer, or not with data.
    """
    window = time.time() - goal.since
    targets = read_targets(prometheus, goal.jobs, window_seconds=window, scrapes=SCRAPES)
    if targets.down or targets.unknown:
        return EndToEndResult(targets, (), complete=False)
    empty = tuple(find_empty_panels(prometheus, goal.queries))
    return EndToEndResult(targets, empty, complete=not (empty and goal.panels_required))
