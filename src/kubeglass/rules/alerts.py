"""Alerts that need no objective: about apps, and about the collector, which Prometheus scrapes directly."""

from __future__ import annotations

from kubeglass.model.duration import HOUR, MINUTE, format_duration
from kubeglass.model.parts import COLLECTOR, HEARTBEAT
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.quantity import format_percent
from kubeglass.rules import red
from kubeglass.rules.rule import AlertingRule, RuleGroup, Severity, evaluation_interval, silence

#: Share of the queue that a brief outage does not fill, and that leaves as much time to act.
FILLING = 0.5
#: Seconds. A shorter outage of Prometheus neither hides losses during it nor reports old losses as new.
REMEMBERED = 6 * HOUR
#: Seconds. A pod that ended is deleted and dropped by the collector within this time.
DISCOVERY = 10.0
#: How long the collector's process has been running, in seconds.
UPTIME = '{__name__=~"otelcol_process_uptime(_seconds)?(_total)?"}'


def groups(pipeline: Pipeline) -> list[RuleGroup]:
    """Return the alerts about apps, and those about the collector."""
    interval = evaluation_interval(pipeline)
    apps = (_target_down(pipeline), *_no_data(pipeline), _error_ratio_high(pipeline), _latency_high(pipeline))
    collector = (_collector_silent(pipeline), _queue_filling(), _data_lost(pipeline), _data_refused(pipeline))
    return [RuleGroup("apps", interval, apps), RuleGroup("collector", interval, collector)]


def _target_down(pipeline: Pipeline) -> AlertingRule:
    """Alert when scrapes of an instance fail for longer than one that ends takes to be gone.

    What ends is scraped in vain until discovery drops it, and is marked stale two intervals later. If its collector
    ends meanwhile, nothing marks it, so a sample counts for two intervals and the time of its delivery.
    """
    interval = evaluation_interval(pipeline)
    fresh = format_duration(2 * interval + DISCOVERY / 2)
    hold = max(pipeline.alerts.down_after, 2.5 * interval + DISCOVERY)
    return AlertingRule(
        alert="TargetDown",
        expr=f'up{{job!="{HEARTBEAT}"}} == 0 and present_over_time(up[{fresh}])',
        hold=hold,
        severity=Severity.PAGE,
        summary="{{ $labels.job }} at {{ $labels.instance }} is down",
        description=(
            f"No scrape of it succeeded for {format_duration(hold)}: "
            "it does not run, does not listen, or its metrics cannot be read."
        ),
    )


def _no_data(pipeline: Pipeline) -> list[AlertingRule]:
    """Alert when an app is not scraped at all, which ``up == 0`` cannot see; apps without replicas are left out."""
    period = format_duration(silence(pipeline))
    return [
        AlertingRule(
            alert="NoData",
            expr=f'absent_over_time(up{{job="{app.name}"}}[{period}])',
            severity=Severity.PAGE,
            summary="No data from {{ $labels.job }}",
            description=(
                f"For {period} no scrape of it was stored, successful or failed: "
                "the collector does not run, does not find it, or cannot deliver."
            ),
            labels={"job": app.name},
        )
        for app in pipeline.apps
        if app.is_only_scraped or app.fixed_replicas != 0
    ]


def _error_ratio_high(pipeline: Pipeline) -> AlertingRule:
    """Alert when too many requests of an app end with a server error."""
    threshold = pipeline.alerts.error_ratio
    return AlertingRule(
        alert="ErrorRatioHigh",
        expr=f"{red.error_ratio('job', pipeline)} > {threshold / 100:.12g}",
        hold=pipeline.alerts.hold,
        severity=Severity.PAGE,
        summary="{{ $labels.job }} answers {{ $value | humanizePercentage }} of its requests with a server error",
        description=(
            f"More than {format_percent(threshold)} of the requests of {format_duration(pipeline.alert_window)} "
            "ended with status 500 or above."
        ),
    )


def _latency_high(pipeline: Pipeline) -> AlertingRule:
    """Alert when the slowest 1% of an app's requests are too slow."""
    threshold = pipeline.alerts.latency
    return AlertingRule(
        alert="LatencyHigh",
        expr=f"{red.quantile('job', 0.99, pipeline)} > {threshold:g}",
        hold=pipeline.alerts.hold,
        severity=Severity.TICKET,
        summary="One in a hundred requests of {{ $labels.job }} takes {{ $value | humanizeDuration }} or longer",
        description=(
            f"The 99th percentile of the duration over {format_duration(pipeline.alert_window)} "
            f"is above {format_duration(threshold)}."
        ),
    )


def _collector_silent(pipeline: Pipeline) -> AlertingRule:
    """Alert when there is no collector at all; one that is down fires TargetDown."""
    period = format_duration(silence(pipeline))
    return AlertingRule(
        alert="CollectorSilent",
        expr=f'absent_over_time(up{{job="{COLLECTOR}"}}[{period}])',
        severity=Severity.PAGE,
        summary="Prometheus finds no collector",
        description=f"For {period} there was no collector to scrape, so no app's metrics arrive either.",
    )


def _queue_filling() -> AlertingRule:
    """Alert when the queue fills up."""
    return AlertingRule(
        alert="CollectorQueueFilling",
        expr=f"otelcol_exporter_queue_size / otelcol_exporter_queue_capacity > {FILLING:g}",
        hold=MINUTE,
        severity=Severity.PAGE,
        summary="The queue of {{ $labels.exporter }} is {{ $value | humanizePercentage }} full",
        description=(
            "What the collector at {{ $labels.instance }} sends is not accepted, or more slowly than it comes. "
            "Nothing is lost yet; when the queue is full, new data is."
        ),
    )


def _data_lost(pipeline: Pipeline) -> AlertingRule:
    """Alert when metrics are lost."""
    window = format_duration(silence(pipeline))
    dropped = (
        _grown(f"otelcol_exporter_{reason}_failed_metric_points", "job, instance, exporter", pipeline)
        for reason in ("enqueue", "send")
    )
    return AlertingRule(
        alert="CollectorLosesData",
        expr="\nor\n".join(dropped),
        severity=Severity.PAGE,
        summary="The collector dropped {{ $value | humanize }} data points for {{ $labels.exporter }}",
        description=(
            f"Within {window}, or while Prometheus was away, at {{{{ $labels.instance }}}}: "
            "the queue is full, its disk cannot be written, or the storage refused the data for good."
        ),
    )


def _data_refused(pipeline: Pipeline) -> AlertingRule:
    """Alert when the memory limiter refuses data."""
    window = format_duration(silence(pipeline))
    return AlertingRule(
        alert="CollectorOutOfMemory",
        expr=_grown("otelcol_processor_memory_limiter_refused_metric_points", "job, instance", pipeline),
        severity=Severity.TICKET,
        summary="The collector at {{ $labels.instance }} refuses data to stay within its memory",
        description=f"{{{{ $value | humanize }}}} data points within {window}; counters catch up, gauges have gaps.",
    )


def _grown(counter: str, by: str, pipeline: Pipeline) -> str:
    """Query a counter's growth, including the first count, before which the collector does not expose it.

    Growth while Prometheus was away is found by comparison with the last value before, back to :data:`REMEMBERED`.
    """
    seconds = silence(pipeline)
    window = format_duration(seconds)
    # The suffix depends on a setting of the collector (without_type_suffix); it is the same metric.
    series = f'{{__name__=~"{counter}(_total)?"}}'
    before = f"last_over_time({series}[{format_duration(REMEMBERED)}] offset {window})"
    grown = (
        f"increase({series}[{window}])",
        f"{series} - {before}",
        f"{series} unless {before}",
        # Everything counted by a process that has started since then.
        f"{series} and on (job, instance) {UPTIME} < {seconds:g}",
    )
    return "\nor\n".join(f"sum by ({by}) ({each}) > 0" for each in grown)
