"""Which targets are up, and how busy they are."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueGraphMode, BigValueTextMode, VizOrientation
from grafana_foundation_sdk.models.dashboard import ValueMap, ValueMappingResult

from kubeglass.dashboards.defaults import figure, instant_query, lines, range_query, thresholds
from kubeglass.dashboards.promql import REQUESTS, TARGETS, Windows, sum_of
from kubeglass.model.metric_names import MetricNames
from kubeglass.model.parts import COLLECTOR

UP_OR_DOWN = ValueMap(
    options={
        "0": ValueMappingResult(text="Down", color="red", index=0),
        "1": ValueMappingResult(text="Up", color="green", index=1),
    }
)


def app_status(windows: Windows) -> stat.Panel:
    """Show Up or Down for each target.

    A target is up if its last fresh sample says so. A target that was seen in the time range but has no fresh sample
    is down, whatever the cause: it disappeared, or the collector that scrapes it has died.
    """
    panel = figure(
        "App status",
        f"Up: the last scrape succeeded. Down: it failed, or the target was seen in the selected time range but not in "
        f"the last {windows.fresh}, because it disappeared or the collector is down. The collector's own state comes "
        f"from Prometheus, so this panel is never empty.",
        "none",
    )
    panel = panel.mappings([UP_OR_DOWN]).thresholds(thresholds((None, "red"), (1, "green")))
    panel = panel.color_mode(BigValueColorMode.BACKGROUND).graph_mode(BigValueGraphMode.NONE)
    panel = panel.text_mode(BigValueTextMode.VALUE_AND_NAME).orientation(VizOrientation.AUTO)
    panel = panel.with_target(instant_query(_state_of_apps(windows), "{{job}} {{instance}}", "A"))
    return panel.with_target(instant_query(f'max by (job) (up{{job="{COLLECTOR}"}})', "{{job}}", "B"))


def _state_of_apps(windows: Windows) -> str:
    apps = f'up{{job!="{COLLECTOR}", {TARGETS}}}'
    fresh = f"max by (job, instance) (last_over_time({apps}[{windows.fresh}]))"
    known = f"max by (job, instance) (last_over_time({apps}[$__range]))"
    return f"{fresh} or 0 * {known}"


def requests_now(windows: Windows, names: MetricNames) -> stat.Panel:
    """Show the number of requests per second."""
    panel = figure("Requests", f"Requests per second, over {windows.recent}.", "reqps")
    panel = panel.thresholds(thresholds((None, "blue"))).decimals(1)
    return panel.with_target(
        range_query(sum_of(names.rate("http_requests_total", REQUESTS, windows.recent)), "Requests")
    )


def in_progress(names: MetricNames) -> timeseries.Panel:
    """Draw the number of requests in progress."""
    panel = lines(
        "Requests in progress",
        "Requests in progress at the time of the scrape. A rise with steady traffic means that they take longer.",
        "short",
    )
    expr = sum_of(names.union("http_requests_in_progress", TARGETS), "job", "instance")
    return panel.with_target(range_query(expr, "{{job}} {{instance}}"))
