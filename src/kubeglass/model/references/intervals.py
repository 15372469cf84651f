"""Windows and timeouts against the scrape interval."""

from __future__ import annotations

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Loc, Problem
from kubeglass.model.quantity import format_duration
from kubeglass.model.scrape import INTERVALS_PER_WINDOW

#: Seconds; one missed reading then leaves a gap of four minutes, which Prometheus still bridges: it looks back five
#: (https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness).
LONGEST_INTERVAL = 120.0


def reading_intervals(pipeline: Pipeline) -> list[Problem]:
    """Refuse intervals so long that charts and alerts lose sight of what missed one reading."""
    collector = pipeline.collector
    intervals: dict[Loc, float] = {
        ("scrape", "interval"): pipeline.scrape.interval,
        ("collector", "kubelet", "interval"): collector.kubelet.interval,
        ("collector", "host_metrics", "interval"): collector.host_metrics.interval,
    }
    wrong = f"must be at most {format_duration(LONGEST_INTERVAL)}, else one missed reading is a gap for every alert"
    return [
        Problem(loc, wrong, found=f"found {format_duration(interval)}")
        for loc, interval in intervals.items()
        if interval > LONGEST_INTERVAL
    ]


def scrape_timeout(pipeline: Pipeline) -> list[Problem]:
    """Refuse a scrape that may outlast its interval, as Prometheus and the collector do."""
    scrape = pipeline.scrape
    if scrape.timeout is None or scrape.timeout <= scrape.interval:
        return []
    found = f"{format_duration(scrape.timeout)} against {format_duration(scrape.interval)}"
    return [Problem(("scrape", "timeout"), "must not be longer than scrape.interval", found=found)]


def alert_window(pipeline: Pipeline) -> list[Problem]:
    """Refuse a window with too few samples for a rate."""
    shortest = pipeline.scrape.shortest_window
    window = pipeline.alerts.window
    if window is None or window >= shortest:
        return []
    interval = format_duration(pipeline.scrape.interval)
    return [
        Problem(
            ("alerts", "window"),
            f"must cover at least {INTERVALS_PER_WINDOW} scrape intervals of {interval}, else rates are empty",
            found=f"found {format_duration(window)}",
            hint=f"set {format_duration(shortest)} or more",
        )
    ]
