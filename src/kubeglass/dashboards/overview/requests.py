"""Requests by endpoint and status."""

from __future__ import annotations

from grafana_foundation_sdk.builders import bargauge, common, piechart, timeseries
from grafana_foundation_sdk.models.common import GraphGradientMode, StackingMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from kubeglass.dashboards.defaults import bars, donut, instant_query, lines, range_query
from kubeglass.dashboards.promql import REQUESTS, Windows, by_status_class, share_of, sum_of
from kubeglass.model.metric_names import MetricNames

#: The colours of status classes in all panels.
CLASS_COLORS = {"1xx": "purple", "2xx": "green", "3xx": "blue", "4xx": "orange", "5xx": "red"}

#: More bars are unreadable; the busiest are shown.
MOST_BARS = 12


def requests_by_endpoint(windows: Windows, names: MetricNames) -> timeseries.Panel:
    """Draw requests per second by endpoint, for all targets regardless of the variables."""
    panel = lines(
        "Requests per second",
        "Requests per second by route, for all jobs and instances regardless of the variables above.",
        "reqps",
    )
    return panel.with_target(
        range_query(f"sum({names.rate('http_requests_total', '', windows.smooth)}) by (endpoint)", "{{endpoint}}")
    )


def throughput(windows: Windows, names: MetricNames) -> timeseries.Panel:
    """Draw requests per second, stacked by status class."""
    panel = lines(
        "Real-time throughput",
        f"Requests per second over {windows.recent}, stacked by status class.",
        "reqps",
    )
    panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    panel = panel.fill_opacity(45).line_width(1).gradient_mode(GraphGradientMode.NONE)
    for name, color in CLASS_COLORS.items():
        panel = panel.override_by_name(name, [_fixed_color(color)])
    expr = by_status_class(names.rate("http_requests_total", REQUESTS, windows.recent))
    return panel.with_target(range_query(expr, "{{class}}"))


def distribution(windows: Windows, names: MetricNames) -> bargauge.Panel:
    """Show each endpoint's share of the requests."""
    panel = bars(
        "Request distribution",
        f"Each route's share of all requests, over {windows.smooth}; the {MOST_BARS} busiest.",
        "percentunit",
    )
    requests = names.rate("http_requests_total", REQUESTS, windows.smooth)
    share = share_of(sum_of(requests, "endpoint"), sum_of(requests))
    return panel.with_target(instant_query(f"sort_desc(topk({MOST_BARS}, {share}))", "{{endpoint}}")).decimals(1)


def statuses(names: MetricNames) -> piechart.Panel:
    """Show the status codes of the time range's requests."""
    panel = donut("Status codes", "Requests in the selected time range by status code, estimated from rates.", "locale")
    for name, color in CLASS_COLORS.items():
        panel = panel.override_by_regexp(f"/^{name[0]}/", [_shade(color)])
    requests = names.union("http_requests_total", REQUESTS, lambda selector: f"increase({selector}[$__range])")
    expr = sum_of(requests, "status")
    return panel.with_target(instant_query(expr, "{{status}}")).decimals(0)


def _fixed_color(color: str) -> DynamicConfigValue:
    return DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": color})


def _shade(color: str) -> DynamicConfigValue:
    return DynamicConfigValue(id_val="color", value={"mode": "shades", "fixedColor": color})
