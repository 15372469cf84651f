"""Alerts about the pipeline itself; Prometheus scrapes the collector directly, so they work when nothing else does."""

from __future__ import annotations

from kubeglass.model.duration import format_duration
from kubeglass.model.parts import COLLECTOR
from kubeglass.model.pipeline import Pipeline
from kubeglass.rules.rule import HOUR, MINUTE, AlertingRule, RuleGroup, Severity, evaluation_interval, silence

#: Share of the queue: more than a brief outage fills, with as much time left to act.
FILLING = 0.5
#: Seconds. An outage of Prometheus up to here neither hides what the collector lost meanwhile nor makes old losses new.
REMEMBERED = 6 * HOUR
#: How long the collector's process has been running, in seconds.
UPTIME = '{__name__=~"otelcol_process_uptime(_seconds)?(_total)?"}'


def group(pipeline: Pipeline) -> RuleGroup:
    """All alerts about the pipeline itself."""
    rules = (collector_silent(pipeline), queue_filling(), data_lost(pipeline), data_refused(pipeline))
    return RuleGroup("collector", evaluation_interval(pipeline), rules)


def collector_silent(pipeline: Pipeline) -> AlertingRule:
    """Alert when there is no collector at all; one that is down fires TargetDown."""
    period = format_duration(silence(pipeline))
    return AlertingRule(
        alert="CollectorSilent",
        expr=f'absent_over_time(up{{job="{COLLECTOR}"}}[{period}])',
        hold=0.0,
        severity=Severity.PAGE,
        summary="Prometheus finds no collector",
        description=f"For {period} there was no collector to scrape, so no app's metrics arrive either.",
    )


def queue_filling() -> AlertingRule:
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


def data_lost(pipeline: Pipeline) -> AlertingRule:
    """Alert when metrics are lost."""
    window = format_duration(silence(pipeline))
    dropped = (
        _grown("otelcol_exporter_enqueue_failed_metric_points", "job, instance, exporter", pipeline),
        _grown("otelcol_exporter_send_failed_metric_points", "job, instance, exporter", pipeline),
    )
    return AlertingRule(
        alert="CollectorLosesData",
        expr="\nor\n".join(dropped),
        hold=0.0,
        severity=Severity.PAGE,
        summary="The collector dropped {{ $value | humanize }} data points for {{ $labels.exporter }}",
        description=(
            f"Within {window}, or while Prometheus was away, at {{{{ $labels.instance }}}}: "
            "the queue is full, its disk cannot be written, or the storage refused the data for good."
        ),
    )


def data_refused(pipeline: Pipeline) -> AlertingRule:
    """Alert when the memory limiter refuses data."""
    window = format_duration(silence(pipeline))
    return AlertingRule(
        alert="CollectorOutOfMemory",
        expr=_grown("otelcol_processor_memory_limiter_refused_metric_points", "job, instance", pipeline),
        hold=0.0,
        severity=Severity.TICKET,
        summary="The collector at {{ $labels.instance }} refuses data to stay within its memory",
        description=f"{{{{ $value | humanize }}}} data points within {window}; counters catch up, gauges have gaps.",
    )


def _grown(counter: str, by: str, pipeline: Pipeline) -> str:
    """Query a counter's growth, including the first count, before which the collector does not expose it.

    While Prometheus was away it saw no growth: what it knew before is compared then, as far back as :data:`REMEMBERED`.
    """
    seconds = silence(pipeline)
    window = format_duration(seconds)
    # With or without the suffix is the collector's reader's choice (without_type_suffix), not a second metric.
    series = f'{{__name__=~"{counter}(_total)?"}}'
    before = f"last_over_time({series}[{format_duration(REMEMBERED)}] offset {window})"
    grown = (
        f"increase({series}[{window}])",
        f"{series} - {before}",
        f"{series} unless {before}",
        # All that a process counted which began since then.
        f"{series} and on (job, instance) {UPTIME} < {seconds:g}",
    )
    return "\nor\n".join(f"sum by ({by}) ({each}) > 0" for each in grown)
