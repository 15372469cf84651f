"""Requests by endpoint and status, errors as a share of them, and unhandled exceptions."""

from __future__ import annotations

from grafana_foundation_sdk.builders import bargauge, common, gauge, piechart, timeseries
from grafana_foundation_sdk.models.common import GraphGradientMode, StackingMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from kubeglass.dashboards.defaults import bars, dial, donut, instant_query, lines, range_query, thresholds
from kubeglass.dashboards.promql import REQUESTS, Windows, by_status_class, ratio_of, share_of, sum_of
from kubeglass.model.metric_names import MetricNames

#: The colours of status classes in all panels.
CLASS_COLORS = {"1xx": "purple", "2xx": "green", "3xx": "blue", "4xx": "orange", "5xx": "red"}

#: More bars are unreadable; the busiest are shown.
MOST_BARS = 12


def requests_by_endpoint(windows: Windows, names: MetricNames) -> timeseries.Panel:
    """Draw requests per second by endpoint, for all targets regardless of the variables."""
    description = "Requests per second by route, for all jobs and instances regardless of the variables above."
    expr = f"sum({names.rate('http_requests_total', '', windows.smooth)}) by (endpoint)"
    return lines("Requests per second", description, "reqps").with_target(range_query(expr, "{{endpoint}}"))


def throughput(windows: Windows, names: MetricNames) -> timeseries.Panel:
    """Draw requests per second, stacked by status class."""
    description = f"Requests per second over {windows.recent}, stacked by status class."
    panel = lines("Real-time throughput", description, "reqps")
    panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    panel = panel.fill_opacity(45).line_width(1).gradient_mode(GraphGradientMode.NONE)
    for name, color in CLASS_COLORS.items():
        panel = panel.override_by_name(name, [_color("fixed", color)])
    expr = by_status_class(names.rate("http_requests_total", REQUESTS, windows.recent))
    return panel.with_target(range_query(expr, "{{class}}"))


def distribution(windows: Windows, names: MetricNames) -> bargauge.Panel:
    """Show each endpoint's share of the requests."""
    description = f"Each route's share of all requests, over {windows.smooth}; the {MOST_BARS} busiest."
    panel = bars("Request distribution", description, "percentunit")
    requests = names.rate("http_requests_total", REQUESTS, windows.smooth)
    share = share_of(sum_of(requests, "endpoint"), sum_of(requests))
    return panel.with_target(instant_query(f"sort_desc(topk({MOST_BARS}, {share}))", "{{endpoint}}")).decimals(1)


def statuses(names: MetricNames) -> piechart.Panel:
    """Show the status codes of the time range's requests."""
    panel = donut("Status codes", "Requests in the selected time range by status code, estimated from rates.", "locale")
    for name, color in CLASS_COLORS.items():
        panel = panel.override_by_regexp(f"/^{name[0]}/", [_color("shades", color)])
    requests = names.union("http_requests_total", REQUESTS, lambda selector: f"increase({selector}[$__range])")
    expr = sum_of(requests, "status")
    return panel.with_target(instant_query(expr, "{{status}}")).decimals(0)


FAILED = f'{REQUESTS}, status=~"5.."'


def error_ratio(windows: Windows, names: MetricNames) -> gauge.Panel:
    """Show the share of requests that failed; 0 if none did."""
    panel = dial("Error ratio", f"Share of requests with a 5xx status, over {windows.smooth}.", "percentunit")
    panel = panel.max(0.1).decimals(2).thresholds(thresholds((None, "green"), (0.01, "orange"), (0.05, "red")))
    failed = f"({sum_of(names.rate('http_requests_total', FAILED, windows.smooth))} or vector(0))"
    whole = sum_of(names.rate("http_requests_total", REQUESTS, windows.smooth))
    return panel.with_target(range_query(ratio_of(failed, whole), "Errors"))


def error_ratio_of_endpoints(windows: Windows, names: MetricNames) -> str:
    """Query the share of each route's requests that failed; 0 for routes without failures."""
    whole = sum_of(names.rate("http_requests_total", REQUESTS, windows.smooth), "endpoint")
    failed = sum_of(names.rate("http_requests_total", FAILED, windows.smooth), "endpoint")
    return ratio_of(f"({failed} or 0 * {whole})", whole)


def error_ratio_by_endpoint(windows: Windows, names: MetricNames) -> timeseries.Panel:
    """Draw the share of each route's requests that failed."""
    description = f"Share of each route's requests with a 5xx status, over {windows.smooth}."
    panel = lines("Error ratio by endpoint", description, "percentunit")
    return panel.with_target(range_query(error_ratio_of_endpoints(windows, names), "{{endpoint}}"))


def exceptions(windows: Windows, names: MetricNames) -> timeseries.Panel:
    """Draw unhandled exceptions per second by class; a line at zero if there were none."""
    description = f"Exceptions that a view function raised, per second over {windows.smooth}, by route and class."
    rate = sum_of(names.rate("http_request_exceptions_total", REQUESTS, windows.smooth), "endpoint", "exception")
    # Both labels, because Grafana's legend shows the label's name for a series without it.
    none = 'label_replace(label_replace(vector(0), "exception", "none", "", ""), "endpoint", "anywhere", "", "")'
    panel = lines("Unhandled exceptions", description, "cps")
    return panel.with_target(range_query(f"{rate} or on() {none}", "{{exception}} {{endpoint}}"))


def _color(mode: str, color: str) -> DynamicConfigValue:
    return DynamicConfigValue(id_val="color", value={"mode": mode, "fixedColor": color})
