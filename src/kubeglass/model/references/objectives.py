"""Objectives and alerts can be measured at the intervals that are configured."""

from __future__ import annotations

from kubeglass.catalog import DURATION_BUCKETS
from kubeglass.model.duration import format_duration
from kubeglass.model.pipeline import INTERVALS_PER_WINDOW, Pipeline
from kubeglass.model.problem import Loc, Problem, suggest


def known_apps(pipeline: Pipeline) -> list[Problem]:
    """Find objectives of unknown apps."""
    names = [app.name for app in pipeline.apps]
    return [
        Problem(
            ("objectives", index, "app"),
            "is not an app in this file",
            found=f"found '{objective.app}'",
            hint=suggest(objective.app, names) if names else "add it under 'apps'",
        )
        for index, objective in enumerate(pipeline.objectives)
        if objective.app not in names
    ]


def promises(pipeline: Pipeline) -> list[Problem]:
    """Find objectives without a target."""
    return [
        Problem(("objectives", index), "sets no objective", hint="add 'availability: 99.9%' or 'latency:'")
        for index, objective in enumerate(pipeline.objectives)
        if objective.availability is None and objective.latency is None
    ]


def repeated(pipeline: Pipeline) -> list[Problem]:
    """Find duplicate objectives."""
    keys = [(objective.app, objective.endpoint) for objective in pipeline.objectives]
    return [
        Problem(("objectives", index), "repeats an objective for the same app and endpoint", hint="merge the two")
        for index, key in enumerate(keys)
        if key in keys[:index]
    ]


def bucket_bounds(pipeline: Pipeline) -> list[Problem]:
    """Reject a latency that is no bucket bound; apps instrumented otherwise have their own bounds."""
    own = {app.name for app in pipeline.apps if app.module is not None}
    problems = []
    for index, objective in enumerate(pipeline.objectives):
        if objective.latency is None or objective.app not in own or objective.latency.threshold in DURATION_BUCKETS:
            continue
        bounds = ", ".join(format_duration(bound) for bound in DURATION_BUCKETS)
        problems.append(
            Problem(
                ("objectives", index, "latency", "threshold"),
                "must be a bucket bound of the duration histogram, or nothing counts the requests within it",
                found=f"found {format_duration(objective.latency.threshold)}",
                hint=f"choose one of {bounds}",
            )
        )
    return problems


def alert_latency(pipeline: Pipeline) -> list[Problem]:
    """Reject a threshold that a quantile never exceeds: the histogram's largest bound."""
    largest = DURATION_BUCKETS[-1]
    if pipeline.alerts.latency < largest:
        return []
    found = f"found {format_duration(pipeline.alerts.latency)}"
    wrong = f"must be less than {format_duration(largest)}, the histogram's largest bound, or it never alerts"
    return [Problem(("alerts", "latency"), wrong, found=found)]


#: Seconds; one missed reading then leaves a gap of four minutes, which Prometheus still bridges: it looks back five
#: (https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness).
LONGEST_INTERVAL = 120.0


def reading_intervals(pipeline: Pipeline) -> list[Problem]:
    """Reject intervals so long that one missed reading leaves a gap."""
    collector = pipeline.collector
    intervals: dict[Loc, float] = {
        ("scrape", "interval"): pipeline.scrape.interval,
        ("collector", "kubelet", "interval"): collector.kubelet.interval,
        ("collector", "host_metrics", "interval"): collector.host_metrics.interval,
    }
    wrong = (
        f"must be at most {format_duration(LONGEST_INTERVAL)}, or one missed reading leaves a gap in charts and alerts"
    )
    return [
        Problem(loc, wrong, found=f"found {format_duration(interval)}")
        for loc, interval in intervals.items()
        if interval > LONGEST_INTERVAL
    ]


def scrape_timeout(pipeline: Pipeline) -> list[Problem]:
    """Reject a timeout longer than the interval, as Prometheus and the collector do."""
    scrape = pipeline.scrape
    if scrape.timeout is None or scrape.timeout <= scrape.interval:
        return []
    found = f"{format_duration(scrape.timeout)} exceeds {format_duration(scrape.interval)}"
    return [Problem(("scrape", "timeout"), "must not be longer than scrape.interval", found=found)]


def alert_window(pipeline: Pipeline) -> list[Problem]:
    """Reject a window with too few samples for a rate."""
    shortest = pipeline.scrape.shortest_window
    window = pipeline.alerts.window
    if window is None or window >= shortest:
        return []
    interval = format_duration(pipeline.scrape.interval)
    return [
        Problem(
            ("alerts", "window"),
            f"must cover at least {INTERVALS_PER_WINDOW} scrape intervals of {interval}, or rates are empty",
            found=f"found {format_duration(window)}",
            hint=f"set {format_duration(shortest)} or more",
        )
    ]
