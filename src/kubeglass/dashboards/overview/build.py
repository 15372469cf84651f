"""The overview's layout and the variables that narrow it."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.models.dashboard import Dashboard

from kubeglass.dashboards.defaults import label_values, page
from kubeglass.dashboards.layout import Section, Tile, place
from kubeglass.dashboards.overview import latency, requests, status
from kubeglass.dashboards.overview.own_metrics import own_metric
from kubeglass.dashboards.promql import APPS, TARGETS, Windows, choose_windows
from kubeglass.model.metric_names import MetricNames, metric_names
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.model.sections.dashboards import DashboardName

DESCRIPTION = "Requests, errors and latency of the applications, and their own metrics."


def build(pipeline: Pipeline) -> Dashboard:
    """Build the overview of all applications of ``pipeline``."""
    refresh = max(pipeline.dashboards.refresh, pipeline.scrape.interval)
    builder = page("Application overview", DashboardName.OVERVIEW, "applications", DESCRIPTION, refresh=refresh)
    names = metric_names(pipeline.apps)
    for variable in _variables(names):
        builder = builder.with_variable(variable)
    dashboard = builder.build()
    windows = choose_windows(pipeline.scrape)
    sections = [section(windows, names) for section in (_summary, _requests, _latency, _errors)]
    own_metrics = [_own_metrics(app, windows) for app in pipeline.apps if app.metrics]
    dashboard.panels = place(sections + own_metrics)
    return dashboard


def _variables(names: MetricNames) -> tuple[QueryVariable, ...]:
    """Select applications (not the collector), their instances, and the routes of these."""
    requests_of_targets = names.selector("http_requests_total", TARGETS, label="status")
    return (
        label_values("job", "Job", f"label_values(up{{{APPS}}}, job)"),
        label_values("instance", "Instance", f'label_values(up{{{APPS}, job=~"$job"}}, instance)'),
        label_values("endpoint", "Endpoint", f"label_values({requests_of_targets}, endpoint)"),
    )


def _summary(windows: Windows, names: MetricNames) -> Section:
    figures = (
        Tile(status.requests_now(windows, names), 5, 5),
        Tile(requests.error_ratio(windows, names), 5, 5),
        Tile(latency.latency_now(windows, names), 5, 5),
    )
    return Section("", (Tile(status.app_status(windows), 9, 5), *figures))


def _requests(windows: Windows, names: MetricNames) -> Section:
    tiles = (
        Tile(requests.requests_by_endpoint(windows, names), 12, 11),
        Tile(requests.throughput(windows, names), 12, 11),
        Tile(requests.distribution(windows, names), 10, 9),
        Tile(requests.statuses(names), 6, 9),
        Tile(status.in_progress(names), 8, 9),
    )
    return Section("Requests", tiles)


def _latency(windows: Windows, names: MetricNames) -> Section:
    quantiles = (Tile(latency.latency_by_endpoint(q, windows, names), 8, 10) for q in (0.5, 0.95, 0.99))
    details = (latency.latency_heatmap(windows, names), latency.slowest_endpoints(windows, names))
    return Section("Latency", (*quantiles, *(Tile(panel, 12, 10) for panel in details)))


def _errors(windows: Windows, names: MetricNames) -> Section:
    panels = (requests.error_ratio_by_endpoint(windows, names), requests.exceptions(windows, names))
    return Section("Errors", tuple(Tile(panel, 12, 9) for panel in panels))


def _own_metrics(app: App, windows: Windows) -> Section:
    tiles = tuple(Tile(own_metric(app, metric, windows), 8, 9) for metric in app.metrics)
    return Section(f"{app.name}: its own metrics", tiles)
