"""Objectives name apps that exist and promises that can be measured."""

from __future__ import annotations

from kubeglass.catalog import DURATION_BUCKETS
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Problem, suggest
from kubeglass.model.quantity import format_duration


def known_apps(pipeline: Pipeline) -> list[Problem]:
    """Find objectives of apps that the file does not have."""
    names = [app.name for app in pipeline.apps]
    return [
        Problem(
            ("objectives", index, "app"),
            "names no app of this file",
            found=f"found '{objective.app}'",
            hint=suggest(objective.app, names) if names else "add it under 'apps'",
        )
        for index, objective in enumerate(pipeline.objectives)
        if objective.app not in names
    ]


def promises(pipeline: Pipeline) -> list[Problem]:
    """Find objectives without a promise."""
    return [
        Problem(("objectives", index), "promises nothing", hint="add 'availability: 99.9%' or 'latency:'")
        for index, objective in enumerate(pipeline.objectives)
        if objective.availability is None and objective.latency is None
    ]


def repeated(pipeline: Pipeline) -> list[Problem]:
    """Find second objectives of one app, or of one endpoint of it."""
    keys = [(objective.app, objective.endpoint) for objective in pipeline.objectives]
    return [
        Problem(("objectives", index), "repeats the objective of the same app and endpoint", hint="join the two")
        for index, key in enumerate(keys)
        if key in keys[:index]
    ]


def bucket_bounds(pipeline: Pipeline) -> list[Problem]:
    """Refuse a latency that no bucket of the histogram measures; apps instrumented otherwise know their own bounds."""
    own = {app.name for app in pipeline.apps if app.module is not None}
    problems = []
    for index, objective in enumerate(pipeline.objectives):
        if objective.latency is None or objective.app not in own or objective.latency.threshold in DURATION_BUCKETS:
            continue
        bounds = ", ".join(format_duration(bound) for bound in DURATION_BUCKETS)
        problems.append(
            Problem(
                ("objectives", index, "latency", "threshold"),
                "must be a bucket bound of the duration histogram, else nothing counts the requests within it",
                found=f"found {format_duration(objective.latency.threshold)}",
                hint=f"choose one of {bounds}",
            )
        )
    return problems


def alert_latency(pipeline: Pipeline) -> list[Problem]:
    """Refuse a threshold that a quantile never exceeds: the histogram's largest bound."""
    largest = DURATION_BUCKETS[-1]
    if pipeline.alerts.latency < largest:
        return []
    found = f"found {format_duration(pipeline.alerts.latency)}"
    wrong = f"must be less than {format_duration(largest)}, the histogram's largest bound, else it never alerts"
    return [Problem(("alerts", "latency"), wrong, found=found)]
