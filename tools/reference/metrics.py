"""docs/reference/metrics.md from the catalogue."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

from kubeglass.catalog import METRICS, Metric

HEAD = """# Metrics

Generated from `kubeglass/catalog.py` by `make docs`; edit the catalogue instead.
"""


def render_metrics() -> str:
    """List every metric by who emits it."""
    parts = [HEAD]
    for source, metrics in groupby(sorted(METRICS, key=attrgetter("source", "name")), key=attrgetter("source")):
        parts.append(f"\n## From {source}\n\n| name | type | unit | labels | meaning |\n|---|---|---|---|---|\n")
        parts.extend(_row(metric) for metric in metrics)
    return "".join(parts)


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
    return f"| `{metric.name}` | {metric.type} | {metric.unit or 'none'} | {labels} | {metric.help} |\n"
