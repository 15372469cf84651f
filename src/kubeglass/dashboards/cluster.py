"""The dashboard "Cluster nodes and pods", for the kubelet metrics that are collected."""

from __future__ import annotations

from collections.abc import Iterator

from grafana_foundation_sdk.builders import bargauge, stat, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard

from kubeglass.dashboards.defaults import (
    bars,
    figure,
    instant_query,
    label_values,
    lines,
    page,
    range_query,
    thresholds,
)
from kubeglass.dashboards.layout import Section, Tile, place
from kubeglass.dashboards.promql import NODE, choose_window, rate_of, sum_of
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.collector import KubeletGroup
from kubeglass.model.sections.dashboards import DashboardName

DESCRIPTION = "CPU, memory, network and disk of the cluster's nodes, pods and containers, from each node's kubelet."

#: The matcher of the selected nodes. "All" is ``.*``.
NODES = f'{NODE}=~"$node"'
NODE_LEGEND = "{{k8s_node_name}}"
#: Pods of the selected namespaces on the selected nodes.
PODS = f'{NODES}, k8s_namespace_name=~"$namespace"'
#: The labels that identify a pod, and a container.
POD = ("k8s_namespace_name", "k8s_pod_name")
POD_LEGEND = "{{k8s_namespace_name}} {{k8s_pod_name}}"
CONTAINER = (*POD, "k8s_container_name")
CONTAINER_LEGEND = "{{k8s_pod_name}} {{k8s_container_name}}"

#: A suffix, because Grafana has no unit for cores.
CORES = "suffix: cores"

#: More lines are indistinguishable; the largest are shown.
MOST_LINES = 20

#: Shares above which a kubelet soon evicts pods (by default, with 10% of the disk left):
#: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
TIGHT, FULL = 0.8, 0.9


def build(pipeline: Pipeline) -> Dashboard:
    """Build the dashboard of the cluster that ``pipeline`` runs on."""
    kubelet = pipeline.collector.kubelet
    refresh = max(pipeline.dashboards.refresh, kubelet.interval)
    builder = page("Cluster nodes and pods", DashboardName.CLUSTER, "cluster", DESCRIPTION, refresh=refresh)
    namespaces = f'label_values({{job="kubelet", {NODES}}}, k8s_namespace_name)'
    builder = builder.with_variable(label_values("node", "Node", f'label_values({{job="kubelet"}}, {NODE})'))
    dashboard = builder.with_variable(label_values("namespace", "Namespace", namespaces)).build()
    window = choose_window(kubelet.interval)
    dashboard.panels = place([section(window) for group, section in _SECTIONS.items() if group in kubelet.groups])
    return dashboard


def _nodes(window: str) -> Section:
    shares = (Tile(panel, 10, 6) for panel in _node_shares())
    usage = (Tile(panel, 12, 9) for panel in _node_usage(window))
    return Section("Nodes", (Tile(_node_count(), 4, 6), *shares, *usage))


def _node_count() -> stat.Panel:
    panel = figure("Nodes", "Nodes whose kubelet the collector scrapes.", "none")
    panel = panel.thresholds(thresholds((None, "blue"))).decimals(0)
    return panel.with_target(range_query(f"count({_node_bytes('memory_working_set')})", "Nodes"))


def _node_shares() -> Iterator[bargauge.Panel]:
    used, available = _node_bytes("memory_working_set"), _node_bytes("memory_available")
    yield _share(
        "Memory in use by node",
        "Working set as a share of working set plus available memory. Pods are evicted when almost none is available.",
        f"{used} / ({used} + {available})",
    )
    disk = f"{_node_bytes('filesystem_usage')} / {_node_bytes('filesystem_capacity')}"
    yield _share("Disk in use by node", "Used share of the file system that holds the kubelet's pods and logs.", disk)


def _share(title: str, description: str, expr: str) -> bargauge.Panel:
    panel = bars(title, description, "percentunit").max(1).decimals(1)
    panel = panel.thresholds(thresholds((None, "green"), (TIGHT, "orange"), (FULL, "red")))
    return panel.with_target(instant_query(f"max by ({NODE}) ({expr})", NODE_LEGEND))


def _node_usage(window: str) -> Iterator[timeseries.Panel]:
    cpu = sum_of(rate_of("k8s_node_cpu_time_seconds_total", NODES, window), NODE)
    panel = lines("CPU by node", f"Cores in use, over {window}.", CORES)
    yield panel.with_target(range_query(cpu, NODE_LEGEND))

    memory = f"max by ({NODE}) ({_node_bytes('memory_working_set')})"
    panel = lines("Memory by node", "Working set: memory that cannot be reclaimed without cost.", "bytes")
    yield panel.with_target(range_query(memory, NODE_LEGEND))

    network = sum_of(rate_of("k8s_node_network_io_bytes_total", NODES, window), NODE, "direction")
    panel = lines("Network by node", f"Bytes per second over {window}, summed over all interfaces.", "Bps")
    yield panel.with_target(range_query(network, f"{NODE_LEGEND} {{{{direction}}}}"))

    disk = f"max by ({NODE}) ({_node_bytes('filesystem_usage')})"
    panel = lines("Disk by node", "Used bytes of the file system that holds the kubelet's pods and logs.", "bytes")
    yield panel.with_target(range_query(disk, NODE_LEGEND))


def _node_bytes(name: str) -> str:
    return f"k8s_node_{name}_bytes{{{NODES}}}"


def _pods(window: str) -> Section:
    cpu = sum_of(rate_of("k8s_pod_cpu_time_seconds_total", PODS, window), *POD)
    memory = sum_of(f"k8s_pod_memory_working_set_bytes{{{PODS}}}", *POD)
    network = sum_of(rate_of("k8s_pod_network_io_bytes_total", PODS, window), *POD, "direction")
    over = f"over {window}; the {MOST_LINES} busiest pods"
    largest = f"Working set, which counts against the memory limit; the {MOST_LINES} largest pods."
    panels = (
        _top(lines("CPU by pod", f"Cores in use, {over}.", CORES), cpu, POD_LEGEND),
        _top(lines("Memory by pod", largest, "bytes"), memory, POD_LEGEND),
        _top(
            lines("Network by pod", f"Bytes per second {over} and directions.", "Bps"),
            network,
            f"{POD_LEGEND} {{{{direction}}}}",
        ),
    )
    return Section("Pods", tuple(Tile(panel, 8, 11) for panel in panels))


def _containers(window: str) -> Section:
    cpu = sum_of(rate_of("container_cpu_time_seconds_total", PODS, window), *CONTAINER)
    memory = sum_of(f"container_memory_working_set_bytes{{{PODS}}}", *CONTAINER)
    # When its uptime drops, a new process has started.
    restarts = sum_of(f"resets(container_uptime_seconds_total{{{PODS}}}[15m])", *CONTAINER)
    busiest = f"Cores in use, over {window}; the {MOST_LINES} busiest containers."
    largest = f"Working set; a container that reaches its limit is OOMKilled. The {MOST_LINES} largest."
    most = f"Restarts in the last 15 minutes, detected by a drop in uptime; the {MOST_LINES} containers with the most."
    panels = (
        _top(lines("CPU by container", busiest, CORES), cpu, CONTAINER_LEGEND),
        _top(lines("Memory by container", largest, "bytes"), memory, CONTAINER_LEGEND),
        _top(lines("Container restarts", most, "short").decimals(0), restarts, CONTAINER_LEGEND),
    )
    return Section("Containers", tuple(Tile(panel, 8, 11) for panel in panels))


def _top(panel: timeseries.Panel, expr: str, legend: str) -> timeseries.Panel:
    """Draw the largest series of ``expr``, so that the panel stays readable with thousands of pods."""
    return panel.with_target(range_query(f"topk({MOST_LINES}, {expr})", legend))


_SECTIONS = {KubeletGroup.NODE: _nodes, KubeletGroup.POD: _pods, KubeletGroup.CONTAINER: _containers}
