"""All built-in dashboards, in the order they are listed."""

from __future__ import annotations

from collections.abc import Callable

from grafana_foundation_sdk.models.dashboard import Dashboard

from kubeglass.dashboards import cluster
from kubeglass.dashboards.overview import build as overview
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.dashboards import DashboardName

#: What builds each dashboard for a pipeline.
DASHBOARDS: dict[DashboardName, Callable[[Pipeline], Dashboard]] = {
    DashboardName.OVERVIEW: overview.build,
    DashboardName.CLUSTER: cluster.build,
}


def choose_dashboards(pipeline: Pipeline, *, on_cluster: bool) -> list[DashboardName]:
    """List the dashboards with data that ``dashboards.include`` names; an empty list names all.

    Args:
        pipeline: the definition.
        on_cluster: whether it runs on a cluster, where kubelets are scraped unless disabled.
    """
    include = pipeline.dashboards.include or tuple(DASHBOARDS)
    kubelets = on_cluster and pipeline.collector.kubelet.enabled
    return [name for name in DASHBOARDS if name in include and (kubelets or name is not DashboardName.CLUSTER)]
