"""Recording rules: rate, errors and duration of each app and each of its endpoints.

Longer windows are averages of the recorded rates: that reads one sample per evaluation, while ``rate(...[3d])`` over
the raw series would read every scrape of every label combination.
"""

from __future__ import annotations

from kubeglass.catalog import HTTP_REQUEST_DURATION, HTTP_REQUESTS
from kubeglass.model.duration import format_duration
from kubeglass.model.metric_names import metric_names
from kubeglass.model.pipeline import Pipeline
from kubeglass.rules.rule import RecordingRule, RuleGroup, evaluation_interval

QUANTILES = (0.5, 0.95, 0.99)

_REQUESTS = HTTP_REQUESTS.name.removesuffix("_total")
_DURATION = HTTP_REQUEST_DURATION.name


def group(pipeline: Pipeline) -> RuleGroup:
    """All recordings: those of each endpoint, then those of each app, which add them up."""
    names, window = metric_names(pipeline.apps), format_duration(pipeline.alert_window)
    total, failed, histogram = (name("job_endpoint", pipeline) for name in (requests, errors, buckets))
    failures = names.rate(HTTP_REQUESTS.name, 'status=~"5.."', window)
    endpoints = _record(
        "job_endpoint",
        pipeline,
        total=f"sum by (job, endpoint) ({names.rate(HTTP_REQUESTS.name, '', window)})",
        failed=f"sum by (job, endpoint) ({failures})\nor\n0 * {total}",
        histogram=f"sum by (job, endpoint, le) ({names.rate(f'{_DURATION}_bucket', '', window)})",
    )
    apps = _record(
        "job",
        pipeline,
        total=f"sum by (job) ({total})",
        failed=f"sum by (job) ({failed})",
        histogram=f"sum by (job, le) ({histogram})",
    )
    return RuleGroup("red", evaluation_interval(pipeline), (*endpoints, *apps))


def _record(level: str, pipeline: Pipeline, *, total: str, failed: str, histogram: str) -> list[RecordingRule]:
    """Record the rates of one level, and the ratio and quantiles that follow from them."""
    recorded = buckets(level, pipeline)
    return [
        RecordingRule(requests(level, pipeline), total),
        RecordingRule(errors(level, pipeline), failed),
        RecordingRule(error_ratio(level, pipeline), f"{errors(level, pipeline)} / {requests(level, pipeline)}"),
        RecordingRule(recorded, histogram),
        *(
            RecordingRule(quantile(level, share, pipeline), f"histogram_quantile({share:g}, {recorded})")
            for share in QUANTILES
        ),
    ]


def requests(level: str, pipeline: Pipeline) -> str:
    """Name of the recorded requests per second."""
    return f"{level}:{_REQUESTS}:{_rate(pipeline)}"


def errors(level: str, pipeline: Pipeline) -> str:
    """Name of the recorded server errors per second; 0 and not absent while there are requests without errors."""
    return f"{level}:{_REQUESTS}_errors:{_rate(pipeline)}"


def error_ratio(level: str, pipeline: Pipeline) -> str:
    """Name of the recorded share of requests answered with a server error, 0 to 1."""
    return f"{level}:{_REQUESTS}_errors:ratio_{_rate(pipeline)}"


def buckets(level: str, pipeline: Pipeline) -> str:
    """Name of the recorded histogram: requests per second answered within each bound ``le``."""
    return f"{level}_le:{_DURATION}_bucket:{_rate(pipeline)}"


def quantile(level: str, share: float, pipeline: Pipeline) -> str:
    """Name of the recorded duration in seconds that ``share`` of the requests stay within."""
    return f"{level}:{_DURATION}:p{share * 100:.0f}_{_rate(pipeline)}"


def _rate(pipeline: Pipeline) -> str:
    return f"rate{format_duration(pipeline.alert_window)}"
