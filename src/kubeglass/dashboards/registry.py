"""Every dashboard kubeglass makes, in the order they are listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grafana_foundation_sdk.models.dashboard import Dashboard

from kubeglass.dashboards.cluster import build as cluster
from kubeglass.dashboards.overview import build as overview
from kubeglass.model.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class DashboardSource:
    """One dashboard.

    Args:
        uid: its name in addresses and files, as Grafana's uid.
        build: makes it for a pipeline, purely.
        needs_kubelets: whether all it shows comes from kubelets, which only a cluster has.
    """

    uid: str
    build: Callable[[Pipeline], Dashboard]
    needs_kubelets: bool = False


DASHBOARDS: tuple[DashboardSource, ...] = (
    DashboardSource(overview.UID, overview.build),
    DashboardSource(cluster.UID, cluster.build, needs_kubelets=True),
)


def chosen_dashboards(pipeline: Pipeline, *, on_cluster: bool) -> list[DashboardSource]:
    """List those that have something to show there and that ``dashboards.include`` keeps; empty keeps all.

    Args:
        pipeline: what is watched.
        on_cluster: whether it runs on a cluster, where kubelets are read unless that is switched off.
    """
    include = pipeline.dashboards.include
    kubelets = on_cluster and pipeline.collector.kubelet.enabled
    fitting = [source for source in DASHBOARDS if kubelets or not source.needs_kubelets]
    return [source for source in fitting if not include or source.uid in include]
