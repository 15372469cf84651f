"""Pieces of PromQL that the dashboards share: what is selected, what is summed, what zero means."""

from __future__ import annotations

#: The dashboard's variables as matchers. "All" is ``.*``, which also takes targets without the label.
TARGETS = 'job=~"$job", instance=~"$instance"'
REQUESTS = f'{TARGETS}, endpoint=~"$endpoint"'

#: The job that Prometheus itself scrapes, so that it is seen when the collector is dead.
COLLECTOR_JOB = "otel-collector"

#: Keeps a ratio at 0, rather than at 0/0, while nothing happens; far below one request a year.
NEARLY_NOTHING = "1e-9"


def sum_of(expr: str, *labels: str) -> str:
    """Sum ``expr`` into one series for each value of ``labels``."""
    return f"sum by ({', '.join(labels)}) ({expr})" if labels else f"sum({expr})"


def rate_of(metric: str, matchers: str, window: str) -> str:
    """Write the increase a second of the counter ``metric`` over ``window``."""
    return f"rate({metric}{{{matchers}}}[{window}])"


def ratio_of(part: str, whole: str) -> str:
    """Divide ``part`` by ``whole``, 0 while the whole is 0."""
    return f"{part} / clamp_min({whole}, {NEARLY_NOTHING})"


def share_of(parts: str, whole: str) -> str:
    """Divide each of many ``parts`` by the one ``whole``, 0 while the whole is 0."""
    return f"{parts} / scalar(clamp_min({whole}, {NEARLY_NOTHING}))"


def quantile_of(quantile: float, buckets: str, *labels: str) -> str:
    """Estimate a quantile from the rate of a classic histogram's buckets, one series for each value of ``labels``."""
    return f"histogram_quantile({quantile:g}, {sum_of(buckets, 'le', *labels)})"


def by_status_class(expr: str) -> str:
    """Sum ``expr`` by the first digit of ``status``, as label ``class``: ``2xx``, ``5xx``."""
    return sum_of(f'label_replace({expr}, "class", "${{1}}xx", "status", "(.).*")', "class")
