"""The layout of "Cluster nodes and pods": what stands where, for what the kubelets are asked."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from kubeglass.dashboards.cluster import containers, nodes, pods, variables
from kubeglass.dashboards.defaults import page
from kubeglass.dashboards.layout import Section, Tile, place
from kubeglass.dashboards.windows import choose_window
from kubeglass.model.collector import KubeletGroup
from kubeglass.model.pipeline import Pipeline

UID = "cluster-nodes-and-pods"
DESCRIPTION = "CPU, memory, network and disk of the cluster's nodes, pods and containers, as each node's kubelet says."


def build(pipeline: Pipeline) -> Dashboard:
    """Build the dashboard of the cluster that ``pipeline`` runs on."""
    interval = pipeline.collector.kubelet.interval
    refresh = max(pipeline.dashboards.refresh, interval)
    builder = page("Cluster nodes and pods", UID, "cluster", DESCRIPTION, refresh=refresh)
    for variable in (variables.node(), variables.namespace()):
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
    tiles = (Tile(pods.cpu(window), 8, 11), Tile(pods.memory(), 8, 11), Tile(pods.network(window), 8, 11))
    return Section("Pods", tiles)


def _containers(window: str) -> Section:
    tiles = (Tile(containers.cpu(window), 8, 11), Tile(containers.memory(), 8, 11), Tile(containers.restarts(), 8, 11))
    return Section("Containers", tiles)


_SECTIONS = {KubeletGroup.NODE: _nodes, KubeletGroup.POD: _pods, KubeletGroup.CONTAINER: _containers}
