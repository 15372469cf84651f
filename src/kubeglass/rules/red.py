"""Recording rules: rate, errors and duration of each app and each of its endpoints.

The recorded rates are also what everything slower is computed from: averaging a recorded rate over three days reads one
sample an evaluation, while ``rate(...[3d])`` over the raw series would read every scrape of every label combination.
"""

from __future__ import annotations

from kubeglass.catalog import HTTP_REQUEST_DURATION, HTTP_REQUESTS
from kubeglass.model.duration import format_duration
from kubeglass.model.metric_names import metric_names
from kubeglass.model.pipeline import Pipeline
from kubeglass.rules.rule import RecordingRule, RuleGroup, base_suffix, base_window, evaluation_interval

QUANTILES = (0.5, 0.95, 0.99)
#: Label sets that are recorded, by the word that stands for them in a rule's name.
LEVELS = {"job_endpoint": "job, endpoint", "job": "job"}

_REQUESTS = HTTP_REQUESTS.name.removesuffix("_total")
_DURATION = HTTP_REQUEST_DURATION.name


def group(pipeline: Pipeline) -> RuleGroup:
    """All recordings of one evaluation; an app's come after its endpoints', which they add up."""
    rules = [rule for level in LEVELS for rule in (*_traffic(level, pipeline), *_latency(level, pipeline))]
    return RuleGroup("red", evaluation_interval(pipeline), tuple(rules))


def requests(level: str, pipeline: Pipeline) -> str:
    """Name of the recorded requests per second."""
    return f"{level}:{_REQUESTS}:{base_suffix(pipeline)}"


def errors(level: str, pipeline: Pipeline) -> str:
    """Name of the recorded server errors per second; 0 and not absent while there are requests without errors."""
    return f"{level}:{_REQUESTS}_errors:{base_suffix(pipeline)}"


def error_ratio(level: str, pipeline: Pipeline) -> str:
    """Name of the recorded share of requests answered with a server error, 0 to 1."""
    return f"{level}:{_REQUESTS}_errors:ratio_{base_suffix(pipeline)}"


def buckets(level: str, pipeline: Pipeline) -> str:
    """Name of the recorded histogram: requests per second answered within each bound ``le``."""
    return f"{level}_le:{_DURATION}_bucket:{base_suffix(pipeline)}"


def quantile(level: str, share: float, pipeline: Pipeline) -> str:
    """Name of the recorded duration in seconds that ``share`` of the requests stay within."""
    return f"{level}:{_DURATION}:p{share * 100:.0f}_{base_suffix(pipeline)}"


def _traffic(level: str, pipeline: Pipeline) -> list[RecordingRule]:
    total, failed = requests(level, pipeline), errors(level, pipeline)
    window = format_duration(base_window(pipeline))
    if level == "job":
        total_expr = f"sum by (job) ({requests('job_endpoint', pipeline)})"
        failed_expr = f"sum by (job) ({errors('job_endpoint', pipeline)})"
    else:
        by = LEVELS[level]
        names = metric_names(pipeline.apps)
        total_expr = f"sum by ({by}) ({names.rate(HTTP_REQUESTS.name, '', window)})"
        failed_rate = names.rate(HTTP_REQUESTS.name, 'status=~"5.."', window)
        failed_expr = f"sum by ({by}) ({failed_rate})\nor\n0 * {total}"
    return [
        RecordingRule(total, total_expr),
        RecordingRule(failed, failed_expr),
        RecordingRule(error_ratio(level, pipeline), f"{failed} / {total}"),
    ]


def _latency(level: str, pipeline: Pipeline) -> list[RecordingRule]:
    histogram = buckets(level, pipeline)
    window = format_duration(base_window(pipeline))
    if level == "job":
        expr = f"sum by (job, le) ({buckets('job_endpoint', pipeline)})"
    else:
        rate = metric_names(pipeline.apps).rate(f"{_DURATION}_bucket", "", window)
        expr = f"sum by ({LEVELS[level]}, le) ({rate})"
    quantiles = [
        RecordingRule(quantile(level, share, pipeline), f"histogram_quantile({share:g}, {histogram})")
        for share in QUANTILES
    ]
    return [RecordingRule(histogram, expr), *quantiles]
