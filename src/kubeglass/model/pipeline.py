"""The root of kubeglass.yaml, and its small sections: ``scrape``, ``objectives`` and ``alerts``."""

from __future__ import annotations

from pydantic import Field

from kubeglass.model.app import App
from kubeglass.model.cluster import Cluster
from kubeglass.model.collector import Collector
from kubeglass.model.dashboards import Dashboards
from kubeglass.model.local import Local
from kubeglass.model.quantity import DAY, HOUR, Duration, Percent
from kubeglass.model.secret import SecretSource
from kubeglass.model.section import Section
from kubeglass.model.storage import Storage
from kubeglass.model.text import Endpoint

#: A rate needs two samples; four intervals keep it alive when one scrape is late and one fails.
INTERVALS_PER_WINDOW = 4


class Scrape(Section):
    """How often targets are read."""

    interval: Duration = Field(default=5.0, ge=0.1, le=HOUR, description="Time between two scrapes of one target.")
    timeout: Duration | None = Field(
        default=None,
        ge=0.1,
        le=HOUR,
        description="Longest time one scrape may take; empty means the interval, at most 10s.",
    )

    @property
    def longest(self) -> float:
        """Seconds one scrape may take; Prometheus's own default limit is 10 s."""
        return self.timeout if self.timeout is not None else min(self.interval, 10.0)

    @property
    def shortest_window(self) -> float:
        """Seconds that a rate's window must cover at least to be sure of two samples."""
        return INTERVALS_PER_WINDOW * self.interval


class LatencyObjective(Section):
    """A share of requests answered within a time."""

    threshold: Duration = Field(description="Answered within this; must be a bucket bound of the duration histogram.")
    target: Percent = Field(default=99.0, description="Share of the requests that must be.")


class Objective(Section):
    """A promise about one application, alerted on by the speed its error budget is spent."""

    app: str = Field(description="Name of an app of this file.")
    endpoint: Endpoint | None = Field(
        default=None, description="Route template, such as /items/<int:id>; empty means all of the app."
    )
    availability: Percent | None = Field(default=None, description="Share of requests answered without a server error.")
    latency: LatencyObjective | None = Field(default=None, description="Share of requests answered in time.")
    window: Duration = Field(default=30 * DAY, ge=DAY, le=90 * DAY, description="Period the promise is about.")


class Alerts(Section):
    """Thresholds of the alerts that need no objective."""

    enabled: bool = Field(default=True, description="Render alerting rules.")
    window: Duration | None = Field(
        default=None,
        description="Period error ratio and latency are measured over; empty means 5m, or 4 scrape intervals.",
    )
    error_ratio: Percent = Field(default=5.0, description="Share of requests with a server error that is too much.")
    latency: Duration = Field(default=1.0, ge=0.001, description="99th percentile of the duration that is too slow.")
    hold: Duration = Field(default=300.0, ge=0.0, description="How long a condition must last before it alerts.")
    down_after: Duration = Field(default=60.0, ge=0.0, description="How long a target must be down before it alerts.")


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
    local: Local = Field(default=Local(), description="What concerns `kubeglass up` on this machine alone.")
    cluster: Cluster = Field(default=Cluster(), description="Where and how it runs on Kubernetes.")

    @property
    def collector_secrets(self) -> tuple[SecretSource, ...]:
        """What the collector needs in its environment, under each source's ``variable``."""
        remote = self.storage.remote.secrets if self.storage.remote else ()
        return tuple(dict.fromkeys((*remote, *(app.metrics_auth.secret for app in self.apps if app.metrics_auth))))

    @property
    def alert_window(self) -> float:
        """Seconds that error ratio and latency are measured over for alerts."""
        return self.alerts.window or max(DEFAULT_ALERT_WINDOW, self.scrape.shortest_window)
