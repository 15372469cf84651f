"""Which targets are up, and how busy they are."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueGraphMode, BigValueTextMode, VizOrientation
from grafana_foundation_sdk.models.dashboard import ValueMap, ValueMappingResult

from kubeglass.dashboards.defaults import figure, instant_query, lines, range_query, thresholds
from kubeglass.dashboards.promql import APPS, NODE, REQUESTS, TARGETS, Windows, sum_of
from kubeglass.model.duration import format_duration, parse_duration
from kubeglass.model.metric_names import MetricNames
from kubeglass.model.parts import COLLECTOR, HEARTBEAT

STATES = ValueMap(
    options={
        "0": ValueMappingResult(text="Down", color="red", index=0),
        "0.5": ValueMappingResult(text="Failing", color="orange", index=1),
        "1": ValueMappingResult(text="Up", color="green", index=2),
    }
)


def app_status(windows: Windows) -> stat.Panel:
    """Show Up, Failing or Down for each target that has not ended.

    A target without fresh samples has ended if the collector that scraped it went on without it. If that collector
    fell silent as well, it is down, whatever the cause: the machine, the collector or the way to Prometheus.
    """
    panel = figure(
        "App status",
        f"Up: a scrape succeeded in the last {windows.fresh}. Failing: none did, as while a pod ends. Down: none did "
        f"in the last {windows.recent}, or the collector that scraped the target in the selected time range is silent, "
        f"and its state is unknown. What has ended (a pod that was replaced or deleted, a finished job, a removed app) "
        f"is not shown, nor what has been starting for less than {windows.recent}. The collector's own state comes "
        f"from Prometheus, so this panel is never empty.",
        "none",
    )
    panel = panel.mappings([STATES]).thresholds(thresholds((None, "red"), (0.5, "orange"), (1, "green")))
    panel = panel.color_mode(BigValueColorMode.BACKGROUND).graph_mode(BigValueGraphMode.NONE)
    panel = panel.text_mode(BigValueTextMode.VALUE_AND_NAME).orientation(VizOrientation.AUTO)
    panel = panel.with_target(instant_query(_state_of_apps(windows), "{{job}} {{instance}}", "A"))
    return panel.with_target(instant_query(f'max by (job) (up{{job="{COLLECTOR}"}})', "{{job}}", "B"))


def _state_of_apps(windows: Windows) -> str:
    apps, collectors = f"up{{{APPS}, {TARGETS}}}", f'up{{job="{HEARTBEAT}"}}'
    fresh, recent = (f"max_over_time({apps}[{window}])" for window in (windows.fresh, windows.recent))
    # Scrapes fail while a pod starts or ends; at its end, a staleness marker takes it out of the instant vector.
    started = f"{recent} == 1 or {apps} offset {windows.recent}"
    scraped = f"({fresh} + {recent}) / 2 and {apps} and ({started})"
    # A collector and its targets fall silent within a scrape interval of each other; half the window is two or more.
    within = parse_duration(windows.fresh) / 2
    silent = f"{_last_seen(collectors)} unless on ({NODE}) max_over_time({collectors}[{format_duration(within)}])"
    lost = f"{_last_seen(apps, 'job', 'instance')} > on ({NODE}) group_left () (({silent}) - {within:g})"
    return f"max by (job, instance) ({scraped}) or 0 * max by (job, instance) ({lost})"


def _last_seen(targets: str, *labels: str) -> str:
    """Query the time of the last sample in the time range; each step of a minute looks back over five."""
    time = f"timestamp({targets})"
    return f"max by ({', '.join((*labels, NODE))}) ({time} or max_over_time({time}[$__range:1m]))"


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
