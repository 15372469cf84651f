"""Latency: quantiles, their distribution, and the slowest endpoints."""

from __future__ import annotations

from grafana_foundation_sdk.builders import heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders.common import TableSortByFieldState
from grafana_foundation_sdk.models.common import HeatmapCellLayout
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from kubeglass.dashboards.defaults import DATASOURCE, figure, lines, range_query, rows, table_query, thresholds
from kubeglass.dashboards.overview.requests import error_ratio_of_endpoints
from kubeglass.dashboards.promql import REQUESTS, Windows, quantile_of, ratio_of, sum_of
from kubeglass.model.metric_names import MetricNames

DURATION = "http_request_duration_seconds"

#: The width of a long route template in pixels.
ROUTE_WIDTH = 320


def latency_now(windows: Windows, names: MetricNames) -> stat.Panel:
    """Show the 95th percentile of the latency."""
    panel = figure("Latency p95", f"95% of requests took less, over {windows.smooth}.", "s")
    panel = panel.thresholds(thresholds((None, "green"), (0.5, "orange"), (1, "red"))).decimals(0)
    return panel.with_target(range_query(quantile_of(0.95, _buckets(windows, names)), "p95"))


def latency_by_endpoint(quantile: float, windows: Windows, names: MetricNames) -> timeseries.Panel:
    """Draw one quantile of the latency by endpoint."""
    percent = f"{quantile * 100:g}"
    over = f"over {windows.smooth}, estimated from histogram buckets"
    panel = lines(f"Latency p{percent}", f"{percent}% of requests to a route took less, {over}.", "s")
    return panel.with_target(range_query(quantile_of(quantile, _buckets(windows, names), "endpoint"), "{{endpoint}}"))


def latency_heatmap(windows: Windows, names: MetricNames) -> heatmap.Panel:
    """Draw the number of requests per latency bucket."""
    color = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Spectral").steps(64).reverse(False)
    panel = heatmap.Panel().title("Latency distribution").datasource(DATASOURCE).calculate(False).color(color)
    description = f"Requests per second by latency, over {windows.recent}; the scale below shows the colours."
    panel = (
        panel.description(description)
        .y_axis(heatmap.YAxisConfig().unit("s"))
        .cell_values(heatmap.CellValues().unit("reqps"))
    )
    panel = panel.rows_frame(heatmap.RowsHeatmapOptions().layout(HeatmapCellLayout.AUTO)).cell_gap(1).show_legend()
    panel = panel.filter_values(heatmap.FilterValueRange().le(1e-9)).show_tooltip()
    expr = sum_of(names.rate(f"{DURATION}_bucket", REQUESTS, windows.recent), "le")
    return panel.with_target(range_query(expr, "{{le}}").format(PromQueryFormat.HEATMAP))


def slowest_endpoints(windows: Windows, names: MetricNames) -> table.Panel:
    """List the endpoints, slowest first."""
    requests = sum_of(names.rate("http_requests_total", REQUESTS, windows.smooth), "endpoint")
    seconds = sum_of(names.rate(f"{DURATION}_sum", REQUESTS, windows.smooth), "endpoint")
    answers = sum_of(names.rate(f"{DURATION}_count", REQUESTS, windows.smooth), "endpoint")
    columns = {
        "A": ("p95", "s", quantile_of(0.95, _buckets(windows, names), "endpoint")),
        "B": ("Mean", "s", ratio_of(seconds, answers)),
        "C": ("Requests/s", "reqps", requests),
        "D": ("Errors", "percentunit", error_ratio_of_endpoints(windows, names)),
    }
    panel = rows("Slowest endpoints", f"Latency, load and errors of each route over {windows.smooth}, slowest first.")
    for ref_id, (name, unit, expr) in columns.items():
        panel = panel.with_target(table_query(expr, ref_id))
        panel = panel.override_by_name(name, [_property("unit", unit), _property("decimals", 2)])
    panel = panel.override_by_name("Endpoint", [_property("custom.width", ROUTE_WIDTH)])
    headings = {f"Value #{ref_id}": name for ref_id, (name, _, _) in columns.items()} | {"endpoint": "Endpoint"}
    panel = panel.with_transformation(DataTransformerConfig("merge", options={}))
    organize = {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": headings}
    panel = panel.with_transformation(DataTransformerConfig("organize", options=organize))
    return panel.sort_by([TableSortByFieldState().display_name("p95").desc(True)])


def _buckets(windows: Windows, names: MetricNames) -> str:
    return names.rate(f"{DURATION}_bucket", REQUESTS, windows.smooth)


def _property(name: str, value: object) -> DynamicConfigValue:
    return DynamicConfigValue(id_val=name, value=value)
