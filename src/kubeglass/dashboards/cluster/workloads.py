"""What pods and containers use, and how often containers restart."""

from __future__ import annotations

from grafana_foundation_sdk.builders import timeseries

from kubeglass.dashboards.cluster.matchers import (
    CONTAINER,
    CONTAINER_LEGEND,
    CORES,
    MOST_LINES,
    POD,
    POD_LEGEND,
    PODS,
    largest,
)
from kubeglass.dashboards.defaults import lines, range_query
from kubeglass.dashboards.promql import rate_of, sum_of


def pod_cpu(window: str) -> timeseries.Panel:
    """Draw the cores each pod uses."""
    panel = lines("CPU by pod", f"Cores in use, over {window}; the {MOST_LINES} busiest pods.", CORES)
    expr = sum_of(rate_of("k8s_pod_cpu_time_seconds_total", PODS, window), *POD)
    return panel.with_target(range_query(largest(expr), POD_LEGEND))


def pod_memory() -> timeseries.Panel:
    """Draw the memory each pod uses."""
    panel = lines(
        "Memory by pod",
        f"Working set, which counts against the memory limit; the {MOST_LINES} largest pods.",
        "bytes",
    )
    expr = sum_of(f"k8s_pod_memory_working_set_bytes{{{PODS}}}", *POD)
    return panel.with_target(range_query(largest(expr), POD_LEGEND))


def pod_network(window: str) -> timeseries.Panel:
    """Draw what each pod receives and transmits."""
    panel = lines(
        "Network by pod", f"Bytes per second over {window}; the {MOST_LINES} busiest pods and directions.", "Bps"
    )
    expr = sum_of(rate_of("k8s_pod_network_io_bytes_total", PODS, window), *POD, "direction")
    return panel.with_target(range_query(largest(expr), f"{POD_LEGEND} {{{{direction}}}}"))


def container_cpu(window: str) -> timeseries.Panel:
    """Draw the cores each container uses."""
    panel = lines("CPU by container", f"Cores in use, over {window}; the {MOST_LINES} busiest containers.", CORES)
    expr = sum_of(rate_of("container_cpu_time_seconds_total", PODS, window), *CONTAINER)
    return panel.with_target(range_query(largest(expr), CONTAINER_LEGEND))


def container_memory() -> timeseries.Panel:
    """Draw the memory each container uses."""
    panel = lines(
        "Memory by container",
        f"Working set; a container that reaches its limit is OOMKilled. The {MOST_LINES} largest.",
        "bytes",
    )
    expr = sum_of(f"container_memory_working_set_bytes{{{PODS}}}", *CONTAINER)
    return panel.with_target(range_query(largest(expr), CONTAINER_LEGEND))


def container_restarts() -> timeseries.Panel:
    """Draw each container's restarts: when its uptime drops, a new process has started."""
    panel = lines(
        "Container restarts",
        f"Restarts in the last 15 minutes, detected by a drop in uptime; the {MOST_LINES} containers with the most.",
        "short",
    )
    expr = sum_of(f"resets(container_uptime_seconds_total{{{PODS}}}[15m])", *CONTAINER)
    return panel.decimals(0).with_target(range_query(largest(expr), CONTAINER_LEGEND))
