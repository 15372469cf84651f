"""PromQL that the dashboards share: matchers, aggregations, and the windows that rates look back over."""

from __future__ import annotations

from dataclasses import dataclass

from kubeglass.model.duration import format_duration
from kubeglass.model.parts import COLLECTOR, HEARTBEAT
from kubeglass.model.pipeline import INTERVALS_PER_WINDOW, Scrape

#: Every target but the collector.
APPS = f'job!~"{COLLECTOR}|{HEARTBEAT}"'
#: The label with a node's name, which samples of a local run lack.
NODE = "k8s_node_name"
#: The dashboard's variables as matchers. "All" is ``.*``, which also matches targets without the label.
TARGETS = 'job=~"$job", instance=~"$instance"'
REQUESTS = f'{TARGETS}, endpoint=~"$endpoint"'

#: Keeps a ratio at 0 rather than 0/0 without traffic; far below one request per year.
NEARLY_NOTHING = "1e-9"


def sum_of(expr: str, *labels: str) -> str:
    """Sum ``expr`` into one series for each value of ``labels``."""
    return f"sum by ({', '.join(labels)}) ({expr})" if labels else f"sum({expr})"


def rate_of(metric: str, matchers: str, window: str) -> str:
    """Return the rate of the counter ``metric`` over ``window``."""
    return f"rate({metric}{{{matchers}}}[{window}])"


def ratio_of(part: str, whole: str) -> str:
    """Divide ``part`` by ``whole``; 0 if the whole is 0."""
    return f"{part} / clamp_min({whole}, {NEARLY_NOTHING})"


def share_of(parts: str, whole: str) -> str:
    """Divide each of many ``parts`` by the one ``whole``; 0 if the whole is 0."""
    return f"{parts} / scalar(clamp_min({whole}, {NEARLY_NOTHING}))"


def quantile_of(quantile: float, buckets: str, *labels: str) -> str:
    """Estimate a quantile from the rate of a classic histogram's buckets, one series for each value of ``labels``."""
    return f"histogram_quantile({quantile:g}, {sum_of(buckets, 'le', *labels)})"


def by_status_class(expr: str) -> str:
    """Sum ``expr`` by the first digit of ``status``, as label ``class``: ``2xx``, ``5xx``."""
    return sum_of(f'label_replace({expr}, "class", "${{1}}xx", "status", "(.).*")', "class")


RECENT_SECONDS = 60.0
SMOOTH_SECONDS = 300.0
FRESH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Windows:
    """Ranges as PromQL writes them, each at least four scrape intervals.

    Args:
        recent: the present; one minute if the interval allows.
        smooth: the same, smoothed; five minutes if the interval allows.
        fresh: a target whose last sample is older is no longer scraped.
    """

    recent: str
    smooth: str
    fresh: str


def choose_windows(scrape: Scrape) -> Windows:
    """Choose the windows for a scrape interval."""

    def at_least(seconds: float) -> str:
        return format_duration(max(seconds, scrape.shortest_window))

    return Windows(at_least(RECENT_SECONDS), at_least(SMOOTH_SECONDS), at_least(FRESH_SECONDS))


def choose_window(interval: float) -> str:
    """Choose the window of a rate for a scrape interval in seconds; one minute if it allows."""
    return format_duration(max(RECENT_SECONDS, INTERVALS_PER_WINDOW * interval))
