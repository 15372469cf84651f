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


def raw_counters(expr: str) -> set[str]:
    """Return the counters in a query that are shown as they are, and not as a rate, an increase or their resets."""
    counters = {metric.name for metric in METRICS if metric.type is MetricType.COUNTER}
    raw: set[str] = set()
    around: list[promql_parser.Expr] = []

    def enter(node: promql_parser.Expr) -> bool:
        around.append(node)
        if isinstance(node, promql_parser.VectorSelector | promql_parser.MatrixSelector):
            name = str(node.name if isinstance(node, promql_parser.VectorSelector) else node.vector_selector.name)
            counts = name in counters or name.endswith(("_total", "_bucket", "_sum", "_count"))
            functions = {each.func.name for each in around if isinstance(each, promql_parser.Call)}
            if counts and not functions & {"rate", "increase", "irate", "resets"}:
                raw.add(name)
        return True

    def leave(_: promql_parser.Expr) -> bool:
        around.pop()
        return True

    promql_parser.walk(promql_parser.parse(expr), enter, leave)
    return raw


def series_names() -> set[str]:
    """Return the name of every series that the catalogue's metrics make."""
    plain = {metric.name for metric in METRICS if metric.type is not MetricType.HISTOGRAM}
    histograms = {metric.name for metric in METRICS if metric.type is MetricType.HISTOGRAM}
    return plain | {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}
