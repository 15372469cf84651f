"""The root of kubeglass.yaml: one frozen value that everything else is rendered from."""

from __future__ import annotations

from pydantic import Field

from kubeglass.model.app import App
from kubeglass.model.cluster import Cluster
from kubeglass.model.collector import Collector
from kubeglass.model.dashboards import Dashboards
from kubeglass.model.objectives import Alerts, Objective
from kubeglass.model.scrape import Scrape
from kubeglass.model.section import Section
from kubeglass.model.storage import Storage

#: Seconds; long enough to smooth a burst, short enough to tell somebody in time.
DEFAULT_ALERT_WINDOW = 300.0

__all__ = ["Pipeline", "Scrape"]


class Pipeline(Section):
    """The whole pipeline: what is watched, how often, where it goes, what is promised and where it runs."""

    apps: tuple[App, ...] = Field(default=(), description="The applications to watch.")
    scrape: Scrape = Field(default=Scrape(), description="How often targets are read, and how long that may take.")
    collector: Collector = Field(default=Collector(), description="What else the collector reads, and what it may use.")
    storage: Storage = Field(default=Storage(), description="Where metrics are kept, and how long.")
    dashboards: Dashboards = Field(default=Dashboards(), description="Which dashboards, and where yours lie.")
    objectives: tuple[Objective, ...] = Field(default=(), description="What is promised to the apps' users.")
    alerts: Alerts = Field(default=Alerts(), description="When somebody is told, beyond the objectives.")
    cluster: Cluster = Field(default=Cluster(), description="Where and how it runs on Kubernetes.")

    @property
    def alert_window(self) -> float:
        """Seconds that error ratio and latency are measured over for alerts."""
        return self.alerts.window or max(DEFAULT_ALERT_WINDOW, self.scrape.shortest_window)
