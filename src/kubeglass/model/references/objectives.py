"""Objectives and alerts can be measured at the intervals that are configured."""

from __future__ import annotations

from collections.abc import Iterator

from kubeglass.catalog import DURATION_BUCKETS
from kubeglass.model.duration import format_duration
from kubeglass.model.pipeline import INTERVALS_PER_WINDOW, Pipeline
from kubeglass.model.problem import Loc, Problem, suggest

#: Seconds; one missed reading then leaves a gap of four minutes, which Prometheus still bridges: it looks back five
#: (https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness).
LONGEST_INTERVAL = 120.0


def known_apps(pipeline: Pipeline) -> Iterator[Problem]:
    """Find objectives of unknown apps."""
    names = [app.name for app in pipeline.apps]
    for index, objective in enumerate(pipeline.objectives):
        if objective.app not in names:
            hint = suggest(objective.app, names) if names else "add it under 'apps'"
            found = f"found '{objective.app}'"
            yield Problem(("objectives", index, "app"), "is not an app in this file", found=found, hint=hint)


def targets(pipeline: Pipeline) -> Iterator[Problem]:
    """Find objectives without a target, and duplicates."""
    known = set()
    for index, objective in enumerate(pipeline.objectives):
        loc = ("objectives", index)
        if objective.availability is None and objective.latency is None:
            yield Problem(loc, "sets no objective", hint="add 'availability: 99.9%' or 'latency:'")
        if (objective.app, objective.endpoint) in known:
            yield Problem(loc, "repeats an objective for the same app and endpoint", hint="merge the two")
        known.add((objective.app, objective.endpoint))


def bucket_bounds(pipeline: Pipeline) -> Iterator[Problem]:
    """Reject a latency that is no bucket bound; apps instrumented otherwise have their own bounds."""
    own = {app.name for app in pipeline.apps if app.module is not None}
    for index, objective in enumerate(pipeline.objectives):
        if objective.latency and objective.app in own and objective.latency.threshold not in DURATION_BUCKETS:
            yield Problem(
                ("objectives", index, "latency", "threshold"),
                "must be a bucket bound of the duration histogram, or nothing counts the requests within it",
                found=f"found {format_duration(objective.latency.threshold)}",
                hint=f"choose one of {', '.join(map(format_duration, DURATION_BUCKETS))}",
            )


def alert_latency(pipeline: Pipeline) -> Iterator[Problem]:
    """Reject a threshold that a quantile never exceeds: the histogram's largest bound."""
    latency, largest = pipeline.alerts.latency, DURATION_BUCKETS[-1]
    if latency >= largest:
        wrong = f"must be less than {format_duration(largest)}, the histogram's largest bound, or it never alerts"
        yield Problem(("alerts", "latency"), wrong, found=f"found {format_duration(latency)}")


def scrape_interval(pipeline: Pipeline) -> Iterator[Problem]:
    """Reject a scrape interval so long that one missed scrape leaves a gap."""
    return _short_enough(("scrape", "interval"), pipeline.scrape.interval)


def reading_intervals(pipeline: Pipeline) -> Iterator[Problem]:
    """Reject intervals so long that one missed reading leaves a gap."""
    for name in ("kubelet", "host_metrics"):
        yield from _short_enough(("collector", name, "interval"), getattr(pipeline.collector, name).interval)


def _short_enough(loc: Loc, interval: float) -> Iterator[Problem]:
    if interval > LONGEST_INTERVAL:
        most = format_duration(LONGEST_INTERVAL)
        wrong = f"must be at most {most}, or one missed reading leaves a gap in charts and alerts"
        yield Problem(loc, wrong, found=f"found {format_duration(interval)}")


def alert_window(pipeline: Pipeline) -> Iterator[Problem]:
    """Reject a window with too few samples for a rate."""
    shortest, window = pipeline.scrape.shortest_window, pipeline.alerts.window
    if window is not None and window < shortest:
        interval = format_duration(pipeline.scrape.interval)
        yield Problem(
            ("alerts", "window"),
            f"must cover at least {INTERVALS_PER_WINDOW} scrape intervals of {interval}, or rates are empty",
            found=f"found {format_duration(window)}",
            hint=f"set {format_duration(shortest)} or more",
        )
