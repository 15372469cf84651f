"""The layout of "Cluster nodes and pods", for the kubelet metrics that are collected."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from kubeglass.dashboards.cluster import matchers, nodes, workloads
from kubeglass.dashboards.defaults import page
from kubeglass.dashboards.layout import Section, Tile, place
from kubeglass.dashboards.promql import choose_window
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.collector import KubeletGroup

UID = "cluster-nodes-and-pods"
DESCRIPTION = "CPU, memory, network and disk of the cluster's nodes, pods and containers, from each node's kubelet."


def build(pipeline: Pipeline) -> Dashboard:
    """Build the dashboard of the cluster that ``pipeline`` runs on."""
    interval = pipeline.collector.kubelet.interval
    refresh = max(pipeline.dashboards.refresh, interval)
    builder = page("Cluster nodes and pods", UID, "cluster", DESCRIPTION, refresh=refresh)
    for variable in (matchers.node(), matchers.namespace()):
        builder = builder.with_variable(variable)
    dashboard = builder.build()
    groups = pipeline.collector.kubelet.groups
    sections = [build(choose_window(interval)) for group, build in _SECTIONS.items() if group in groups]
    dashboard.panels = place(sections)
    return dashboard


def _nodes(window: str) -> Section:
    return Section(
        "Nodes",
        (
            Tile(nodes.node_count(), 4, 6),
            Tile(nodes.memory_share(), 10, 6),
            Tile(nodes.disk_share(), 10, 6),
            Tile(nodes.cpu(window), 12, 9),
            Tile(nodes.memory(), 12, 9),
            Tile(nodes.network(window), 12, 9),
            Tile(nodes.disk(), 12, 9),
        ),
    )


def _pods(window: str) -> Section:
    panels = (workloads.pod_cpu(window), workloads.pod_memory(), workloads.pod_network(window))
    return Section("Pods", tuple(Tile(panel, 8, 11) for panel in panels))


def _containers(window: str) -> Section:
    panels = (workloads.container_cpu(window), workloads.container_memory(), workloads.container_restarts())
    return Section("Containers", tuple(Tile(panel, 8, 11) for panel in panels))


_SECTIONS = {KubeletGroup.NODE: _nodes, KubeletGroup.POD: _pods, KubeletGroup.CONTAINER: _containers}
