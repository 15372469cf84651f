"""Alerts about apps that need no objective: down, silent, failing, slow."""

from __future__ import annotations

from kubeglass.model.duration import format_duration
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.quantity import format_percent
from kubeglass.rules import red
from kubeglass.rules.rule import AlertingRule, RuleGroup, Severity, base_window, evaluation_interval, silence


def group(pipeline: Pipeline) -> RuleGroup:
    """All alerts about apps."""
    rules = (target_down(pipeline), *no_data(pipeline), error_ratio_high(pipeline), latency_high(pipeline))
    return RuleGroup("apps", evaluation_interval(pipeline), rules)


def target_down(pipeline: Pipeline) -> AlertingRule:
    """Alert when scrapes of an instance fail."""
    return AlertingRule(
        alert="TargetDown",
        expr="up == 0",
        hold=pipeline.alerts.down_after,
        severity=Severity.PAGE,
        summary="{{ $labels.job }} at {{ $labels.instance }} is down",
        description=(
            f"No scrape of it succeeded for {format_duration(pipeline.alerts.down_after)}: "
            "it does not run, does not listen, or its metrics cannot be read."
        ),
    )


def no_data(pipeline: Pipeline) -> list[AlertingRule]:
    """Alert when an app is not scraped at all, which ``up == 0`` cannot see.

    Apps without replicas are left out.
    """
    period = format_duration(silence(pipeline))
    return [
        AlertingRule(
            alert="NoData",
            expr=f'absent_over_time(up{{job="{app.name}"}}[{period}])',
            hold=0.0,
            severity=Severity.PAGE,
            summary="No data from {{ $labels.job }}",
            description=(
                f"For {period} no scrape of it was stored, successful or failed: "
                "the collector does not run, does not find it, or cannot deliver."
            ),
            labels={"job": app.name},
        )
        for app in pipeline.apps
        if app.target is not None or app.replicas > 0
    ]


def error_ratio_high(pipeline: Pipeline) -> AlertingRule:
    """Alert when too many requests of an app end with a server error."""
    threshold = pipeline.alerts.error_ratio
    return AlertingRule(
        alert="ErrorRatioHigh",
        expr=f"{red.error_ratio('job', pipeline)} > {threshold / 100:.12g}",
        hold=pipeline.alerts.hold,
        severity=Severity.PAGE,
        summary="{{ $labels.job }} answers {{ $value | humanizePercentage }} of its requests with a server error",
        description=(
            f"More than {format_percent(threshold)} of the requests of {format_duration(base_window(pipeline))} "
            "ended with status 500 or above."
        ),
    )


def latency_high(pipeline: Pipeline) -> AlertingRule:
    """Alert when the slowest 1% of an app's requests are too slow."""
    threshold = pipeline.alerts.latency
    return AlertingRule(
        alert="LatencyHigh",
        expr=f"{red.quantile('job', 0.99, pipeline)} > {threshold:g}",
        hold=pipeline.alerts.hold,
        severity=Severity.TICKET,
        summary="One in a hundred requests of {{ $labels.job }} takes {{ $value | humanizeDuration }} or longer",
        description=(
            f"The 99th percentile of the duration over {format_duration(base_window(pipeline))} "
            f"is above {format_duration(threshold)}."
        ),
    )
