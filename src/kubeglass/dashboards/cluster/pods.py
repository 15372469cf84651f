"""What pods use of their nodes."""

from __future__ import annotations

from grafana_foundation_sdk.builders import timeseries

from kubeglass.dashboards.cluster.matchers import CORES, MOST_LINES, POD, POD_LEGEND, PODS, largest
from kubeglass.dashboards.defaults import lines, range_query
from kubeglass.dashboards.promql import rate_of, sum_of


def cpu(window: str) -> timeseries.Panel:
    """Draw the cores each pod uses."""
    panel = lines("CPU by pod", f"Cores in use, over {window}; the {MOST_LINES} busiest pods.", CORES)
    expr = sum_of(rate_of("k8s_pod_cpu_time_seconds_total", PODS, window), *POD)
    return panel.with_target(range_query(largest(expr), POD_LEGEND))


def memory() -> timeseries.Panel:
    """Draw the memory each pod uses."""
    panel = lines(
        "Memory by pod",
        f"Working set, which is what counts against a limit; the {MOST_LINES} largest pods.",
        "bytes",
    )
    expr = sum_of(f"k8s_pod_memory_working_set_bytes{{{PODS}}}", *POD)
    return panel.with_target(range_query(largest(expr), POD_LEGEND))


def network(window: str) -> timeseries.Panel:
    """Draw what each pod receives and transmits."""
    panel = lines(
        "Network by pod", f"Bytes a second over {window}; the {MOST_LINES} busiest pods and directions.", "Bps"
    )
    expr = sum_of(rate_of("k8s_pod_network_io_bytes_total", PODS, window), *POD, "direction")
    return panel.with_target(range_query(largest(expr), f"{POD_LEGEND} {{{{direction}}}}"))
