"""The applications' own metrics: counters as rates, histograms as quantiles, gauges as values."""

from __future__ import annotations

from grafana_foundation_sdk.builders import timeseries

from kubeglass.dashboards.defaults import lines, range_query
from kubeglass.dashboards.promql import Windows, quantile_of, rate_of, sum_of
from kubeglass.model.sections.app import App, AppMetric, AppMetricType

QUANTILES = (0.5, 0.95, 0.99)


def own_metric(app: App, metric: AppMetric, windows: Windows) -> timeseries.Panel:
    """Draw one metric of ``app``."""
    matchers = f'job="{app.name}", instance=~"$instance"'
    match metric.type:
        case AppMetricType.COUNTER:
            return _rate(metric, matchers, windows)
        case AppMetricType.HISTOGRAM:
            return _quantiles(metric, matchers, windows)
        case AppMetricType.GAUGE:
            return _value(metric, matchers)


def _rate(metric: AppMetric, matchers: str, windows: Windows) -> timeseries.Panel:
    unit = "cps" if metric.unit == "short" else metric.unit
    panel = lines(_title(metric), f"Increase of {metric.name} per second, over {windows.smooth}.", unit)
    expr = sum_of(rate_of(metric.name, matchers, windows.smooth), *metric.by)
    return panel.with_target(range_query(expr, _legend(metric.by, "all")))


def _quantiles(metric: AppMetric, matchers: str, windows: Windows) -> timeseries.Panel:
    panel = lines(_title(metric), f"Quantiles of {metric.name}, over {windows.smooth}.", metric.unit)
    for ref_id, quantile in zip("ABC", QUANTILES, strict=True):
        expr = quantile_of(quantile, rate_of(f"{metric.name}_bucket", matchers, windows.smooth), *metric.by)
        legend = f"p{quantile * 100:g} {_legend(metric.by, '')}".strip()
        panel = panel.with_target(range_query(expr, legend, ref_id))
    return panel


def _value(metric: AppMetric, matchers: str) -> timeseries.Panel:
    by = metric.by or ("instance",)
    panel = lines(_title(metric), f"Value of {metric.name}; the maximum over instances.", metric.unit)
    expr = f"max by ({', '.join(by)}) ({metric.name}{{{matchers}}})"
    return panel.with_target(range_query(expr, _legend(by, "")))


def _title(metric: AppMetric) -> str:
    return metric.title or metric.name


def _legend(labels: tuple[str, ...], otherwise: str) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in labels) or otherwise
