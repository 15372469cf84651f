"""Which scraped targets are up, as Prometheus tells it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kubeglass.observe.prometheus import Prometheus


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """Scraped targets by how they are.

    Args:
        up: jobs whose every target answers its scrapes.
        down: jobs with a target that does not.
        unknown: jobs that Prometheus has not heard of lately, or too little.
    """

    up: frozenset[str]
    down: frozenset[str]
    unknown: frozenset[str]


def read_targets(
    prometheus: Prometheus, jobs: Collection[str], *, window_seconds: float, scrapes: int = 1
) -> TargetHealth:
    """Look ``jobs`` up in the ``up`` series.

    Args:
        prometheus: whom to ask.
        jobs: whose targets.
        window_seconds: how far back a sample may lie; by itself Prometheus would go back five minutes.
        scrapes: how many scrapes of a target there must be in the window for it to be known.

    Raises:
        ObserveError: Prometheus does not answer, or not with data.
    """
    series = f"up[{max(round(window_seconds * 1000), 1)}ms]"
    query = f"last_over_time({series}) and count_over_time({series}) >= {scrapes}"
    samples = [sample for sample in prometheus.query(query) if sample.labels.get("job") in jobs]
    down = frozenset(sample.labels["job"] for sample in samples if sample.value != 1)
    up = frozenset(sample.labels["job"] for sample in samples) - down
    return TargetHealth(up, down, frozenset(jobs) - up - down)
