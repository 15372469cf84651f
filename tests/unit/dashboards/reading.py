"""Read a query as Prometheus's own parser does."""

from __future__ import annotations

import promql_parser

from kubeglass.catalog import METRICS, MetricType


def selectors(expr: str) -> tuple[set[str], list[float]]:
    """Return the metric names and the windows in seconds of a query."""
    names: set[str] = set()
    windows: list[float] = []

    def visit(node: promql_parser.Expr) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            names.add(str(node.name))
        if isinstance(node, promql_parser.MatrixSelector):
            names.add(str(node.vector_selector.name))
            windows.append(node.range.total_seconds())
        return True

    promql_parser.walk(promql_parser.parse(expr), visit)
    return names, windows


def series_names() -> set[str]:
    """Return the name of every series that the catalogue's metrics make."""
    plain = {metric.name for metric in METRICS if metric.type is not MetricType.HISTOGRAM}
    histograms = {metric.name for metric in METRICS if metric.type is MetricType.HISTOGRAM}
    return plain | {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}
