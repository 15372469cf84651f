"""Errors: failed requests as a share of all, and unhandled exceptions."""

from __future__ import annotations

from grafana_foundation_sdk.builders import gauge, timeseries

from kubeglass.dashboards.defaults import dial, lines, range_query, thresholds
from kubeglass.dashboards.promql import REQUESTS, Windows, ratio_of, sum_of
from kubeglass.model.metric_names import MetricNames

FAILED = f'{REQUESTS}, status=~"5.."'


def error_ratio(windows: Windows, names: MetricNames) -> gauge.Panel:
    """Show the share of requests that failed; 0 if none did."""
    panel = dial(
        "Error ratio",
        f"Share of requests with a 5xx status, over {windows.smooth}.",
        "percentunit",
    )
    panel = panel.max(0.1).decimals(2).thresholds(thresholds((None, "green"), (0.01, "orange"), (0.05, "red")))
    failed = f"({sum_of(names.rate('http_requests_total', FAILED, windows.smooth))} or vector(0))"
    whole = sum_of(names.rate("http_requests_total", REQUESTS, windows.smooth))
    return panel.with_target(range_query(ratio_of(failed, whole), "Errors"))


def error_ratio_by_endpoint(windows: Windows, names: MetricNames) -> timeseries.Panel:
    """Draw the share of each route's requests that failed; 0 for routes without failures."""
    panel = lines(
        "Error ratio by endpoint",
        f"Share of each route's requests with a 5xx status, over {windows.smooth}.",
        "percentunit",
    )
    whole = sum_of(names.rate("http_requests_total", REQUESTS, windows.smooth), "endpoint")
    failed = sum_of(names.rate("http_requests_total", FAILED, windows.smooth), "endpoint")
    return panel.with_target(range_query(ratio_of(f"({failed} or 0 * {whole})", whole), "{{endpoint}}"))


def exceptions(windows: Windows, names: MetricNames) -> timeseries.Panel:
    """Draw unhandled exceptions per second by class; a line at zero if there were none."""
    panel = lines(
        "Unhandled exceptions",
        f"Exceptions that a view function raised, per second over {windows.smooth}, by route and class.",
        "cps",
    )
    rate = sum_of(names.rate("http_request_exceptions_total", REQUESTS, windows.smooth), "endpoint", "exception")
    # Both labels, because Grafana's legend shows the label's name for a series without it.
    none = 'label_replace(label_replace(vector(0), "exception", "none", "", ""), "endpoint", "anywhere", "", "")'
    return panel.with_target(range_query(f"{rate} or on() {none}", "{{exception}} {{endpoint}}"))
