"""Windows and timeouts against the scrape interval."""

from __future__ import annotations

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Problem
from kubeglass.model.quantity import format_duration
from kubeglass.model.scrape import INTERVALS_PER_WINDOW


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
