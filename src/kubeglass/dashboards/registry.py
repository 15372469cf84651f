"""All built-in dashboards, in the order they are listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grafana_foundation_sdk.models.dashboard import Dashboard

from kubeglass.dashboards import cluster
from kubeglass.dashboards.overview import build as overview
from kubeglass.model.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class DashboardSource:
    """One dashboard.

    Args:
        uid: its name in addresses and files, as Grafana's uid.
        build: builds it for a pipeline; pure.
        needs_kubelets: whether it shows only kubelet metrics, which need a cluster.
    """

    uid: str
    build: Callable[[Pipeline], Dashboard]
    needs_kubelets: bool = False


DASHBOARDS: tuple[DashboardSource, ...] = (
    DashboardSource(overview.UID, overview.build),
    DashboardSource(cluster.UID, cluster.build, needs_kubelets=True),
)


def chosen_dashboards(pipeline: Pipeline, *, on_cluster: bool) -> list[DashboardSource]:
    """List the dashboards with data that ``dashboards.include`` names; an empty list names all.

    Args:
        pipeline: the definition.
        on_cluster: whether it runs on a cluster, where kubelets are scraped unless disabled.
    """
    include = pipeline.dashboards.include
    kubelets = on_cluster and pipeline.collector.kubelet.enabled
    fitting = [source for source in DASHBOARDS if kubelets or not source.needs_kubelets]
    return [source for source in fitting if not include or source.uid in include]
