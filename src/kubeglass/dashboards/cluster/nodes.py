"""What nodes have and use: CPU, memory, network, disk."""

from __future__ import annotations

from grafana_foundation_sdk.builders import bargauge, stat, timeseries
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig

from kubeglass.dashboards.cluster.matchers import CORES, NODE, NODES
from kubeglass.dashboards.defaults import bars, figure, instant_query, lines, range_query, thresholds
from kubeglass.dashboards.promql import rate_of, sum_of

#: Shares above which a kubelet soon evicts pods (by default, with 10% of the disk left):
#: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
TIGHT, FULL = 0.8, 0.9


def node_count() -> stat.Panel:
    """Show how many nodes report."""
    panel = figure("Nodes", "Nodes whose kubelet the collector scrapes.", "none")
    panel = panel.thresholds(thresholds((None, "blue"))).decimals(0)
    return panel.with_target(range_query(f"count(k8s_node_memory_working_set_bytes{{{NODES}}})", "Nodes"))


def memory_share() -> bargauge.Panel:
    """Show how full each node's memory is."""
    panel = bars(
        "Memory in use by node",
        "Working set as a share of working set plus available memory. Pods are evicted when almost none is available.",
        "percentunit",
    )
    panel = panel.max(1).decimals(1).thresholds(_share_steps())
    used = f"k8s_node_memory_working_set_bytes{{{NODES}}}"
    available = f"k8s_node_memory_available_bytes{{{NODES}}}"
    return panel.with_target(instant_query(f"max by ({NODE}) ({used} / ({used} + {available}))", f"{{{{{NODE}}}}}"))


def disk_share() -> bargauge.Panel:
    """Show how full each node's file system is."""
    panel = bars(
        "Disk in use by node",
        "Used share of the file system that holds the kubelet's pods and logs.",
        "percentunit",
    )
    panel = panel.max(1).decimals(1).thresholds(_share_steps())
    used, capacity = (f"k8s_node_filesystem_{name}_bytes{{{NODES}}}" for name in ("usage", "capacity"))
    return panel.with_target(instant_query(f"max by ({NODE}) ({used} / {capacity})", f"{{{{{NODE}}}}}"))


def cpu(window: str) -> timeseries.Panel:
    """Draw the cores each node uses."""
    panel = lines("CPU by node", f"Cores in use, over {window}.", CORES)
    expr = sum_of(rate_of("k8s_node_cpu_time_seconds_total", NODES, window), NODE)
    return panel.with_target(range_query(expr, f"{{{{{NODE}}}}}"))


def memory() -> timeseries.Panel:
    """Draw the memory each node uses."""
    panel = lines("Memory by node", "Working set: memory that cannot be reclaimed without cost.", "bytes")
    expr = f"max by ({NODE}) (k8s_node_memory_working_set_bytes{{{NODES}}})"
    return panel.with_target(range_query(expr, f"{{{{{NODE}}}}}"))


def network(window: str) -> timeseries.Panel:
    """Draw what each node receives and transmits."""
    panel = lines("Network by node", f"Bytes per second over {window}, summed over all interfaces.", "Bps")
    expr = sum_of(rate_of("k8s_node_network_io_bytes_total", NODES, window), NODE, "direction")
    return panel.with_target(range_query(expr, f"{{{{{NODE}}}}} {{{{direction}}}}"))


def disk() -> timeseries.Panel:
    """Draw what each node's file system holds."""
    panel = lines("Disk by node", "Used bytes of the file system that holds the kubelet's pods and logs.", "bytes")
    expr = f"max by ({NODE}) (k8s_node_filesystem_usage_bytes{{{NODES}}})"
    return panel.with_target(range_query(expr, f"{{{{{NODE}}}}}"))


def _share_steps() -> ThresholdsConfig:
    return thresholds((None, "green"), (TIGHT, "orange"), (FULL, "red"))
