"""The overview's layout and the variables that narrow it."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.models.dashboard import Dashboard

from kubeglass.dashboards.defaults import label_values, page
from kubeglass.dashboards.layout import Section, Tile, place
from kubeglass.dashboards.overview import errors, latency, requests, status
from kubeglass.dashboards.overview.own_metrics import own_metric
from kubeglass.dashboards.promql import TARGETS, Windows, choose_windows
from kubeglass.model.metric_names import MetricNames, metric_names
from kubeglass.model.parts import COLLECTOR
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App

UID = "application-overview"
DESCRIPTION = "Requests, errors and latency of the applications, and their own metrics."


def build(pipeline: Pipeline) -> Dashboard:
    """Build the overview of all applications of ``pipeline``."""
    refresh = max(pipeline.dashboards.refresh, pipeline.scrape.interval)
    builder = page("Application overview", UID, "applications", DESCRIPTION, refresh=refresh)
    names = metric_names(pipeline.apps)
    for variable in (_choose_job(), _choose_instance(), _choose_endpoint(names)):
        builder = builder.with_variable(variable)
    dashboard = builder.build()
    dashboard.panels = place(_sections(pipeline, choose_windows(pipeline.scrape), names))
    return dashboard


def _choose_job() -> QueryVariable:
    """Select applications, not the collector."""
    return label_values("job", "Job", f'label_values(up{{job!="{COLLECTOR}"}}, job)')


def _choose_instance() -> QueryVariable:
    """Select instances of the selected applications."""
    return label_values("instance", "Instance", f'label_values(up{{job!="{COLLECTOR}", job=~"$job"}}, instance)')


def _choose_endpoint(names: MetricNames) -> QueryVariable:
    """Select routes of the selected instances."""
    selector = names.selector("http_requests_total", TARGETS, label="status")
    return label_values("endpoint", "Endpoint", f"label_values({selector}, endpoint)")


def _sections(pipeline: Pipeline, windows: Windows, names: MetricNames) -> list[Section]:
    own = [_own_metrics(app, windows) for app in pipeline.apps if app.metrics]
    return [part(windows, names) for part in (_summary, _requests, _latency, _errors)] + own


def _summary(windows: Windows, names: MetricNames) -> Section:
    return Section(
        "",
        (
            Tile(status.app_status(windows), 9, 5),
            Tile(status.requests_now(windows, names), 5, 5),
            Tile(errors.error_ratio(windows, names), 5, 5),
            Tile(latency.latency_now(windows, names), 5, 5),
        ),
    )


def _requests(windows: Windows, names: MetricNames) -> Section:
    return Section(
        "Requests",
        (
            Tile(requests.requests_by_endpoint(windows, names), 12, 11),
            Tile(requests.throughput(windows, names), 12, 11),
            Tile(requests.distribution(windows, names), 10, 9),
            Tile(requests.statuses(names), 6, 9),
            Tile(status.in_progress(names), 8, 9),
        ),
    )


def _latency(windows: Windows, names: MetricNames) -> Section:
    quantiles = tuple(Tile(latency.latency_by_endpoint(q, windows, names), 8, 10) for q in (0.5, 0.95, 0.99))
    details = (
        Tile(latency.latency_heatmap(windows, names), 12, 10),
        Tile(latency.slowest_endpoints(windows, names), 12, 10),
    )
    return Section("Latency", (*quantiles, *details))


def _errors(windows: Windows, names: MetricNames) -> Section:
    tiles = (
        Tile(errors.error_ratio_by_endpoint(windows, names), 12, 9),
        Tile(errors.exceptions(windows, names), 12, 9),
    )
    return Section("Errors", tiles)


def _own_metrics(app: App, windows: Windows) -> Section:
    tiles = tuple(Tile(own_metric(app, metric, windows), 8, 9) for metric in app.metrics)
    return Section(f"{app.name}: its own metrics", tiles)
