"""Every dashboard kubeglass makes, in the order they are listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grafana_foundation_sdk.models.dashboard import Dashboard

from kubeglass.dashboards.overview import build as overview
from kubeglass.model.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class DashboardSource:
    """One dashboard.

    Args:
        uid: its name in addresses and files, as Grafana's uid.
        build: makes it for a pipeline, purely.
    """

    uid: str
    build: Callable[[Pipeline], Dashboard]


DASHBOARDS: tuple[DashboardSource, ...] = (DashboardSource(overview.UID, overview.build),)


def chosen_dashboards(pipeline: Pipeline) -> list[DashboardSource]:
    """List those that ``dashboards.include`` keeps, in order; empty keeps all."""
    include = pipeline.dashboards.include
    return [source for source in DASHBOARDS if not include or source.uid in include]
