"""The root of kubeglass.yaml, and its small sections: ``scrape``, ``objectives`` and ``alerts``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from pydantic import Field

from kubeglass.model.duration import DAY, HOUR
from kubeglass.model.local import Local
from kubeglass.model.quantity import Duration, Percent
from kubeglass.model.sections.app import App
from kubeglass.model.sections.cluster import Cluster
from kubeglass.model.sections.collector import ALL_NAMESPACES, Collector
from kubeglass.model.sections.dashboards import Dashboards
from kubeglass.model.sections.existing import ExistingPods
from kubeglass.model.sections.secret import SecretSource
from kubeglass.model.sections.section import Section
from kubeglass.model.sections.storage import Storage
from kubeglass.model.text import Endpoint

#: A rate needs two samples; with four intervals one scrape may be late and one may fail.
INTERVALS_PER_WINDOW = 4


class Scrape(Section):
    """How often targets are scraped."""

    interval: Duration = Field(default=5.0, ge=0.1, le=HOUR, description="Scrape interval.")
    timeout: Duration | None = Field(
        default=None, ge=0.1, le=HOUR, description="Timeout of one scrape; empty means the interval, at most 10s."
    )

    @property
    def longest(self) -> float:
        """Timeout of one scrape in seconds; at most 10 s by default, as in Prometheus."""
        return self.timeout if self.timeout is not None else min(self.interval, 10.0)

    @property
    def shortest_window(self) -> float:
        """Shortest window in seconds that always has the two samples of a rate."""
        return INTERVALS_PER_WINDOW * self.interval


class LatencyObjective(Section):
    """A share of requests that finish within a threshold."""

    threshold: Duration = Field(
        description="Longest duration that counts as good; must be a bucket bound of the duration histogram."
    )
    target: Percent = Field(default=99.0, description="Share of requests that must finish in time.")


class Objective(Section):
    """An objective for one application, alerted on by the burn rate of its error budget."""

    app: str = Field(description="Name of an app in this file.")
    endpoint: Endpoint | None = Field(
        default=None, description="Route template, such as /items/<int:id>; empty means the whole app."
    )
    availability: Percent | None = Field(default=None, description="Share of requests without a server error.")
    latency: LatencyObjective | None = Field(default=None, description="Share of requests that finish in time.")
    window: Duration = Field(default=30 * DAY, ge=DAY, le=90 * DAY, description="Period of the objective.")


class Alerts(Section):
    """Thresholds of alerts without an objective."""

    enabled: bool = Field(default=True, description="Render alerting rules.")
    window: Duration | None = Field(
        default=None, description="Window of error ratio and latency; empty means 5m, or 4 scrape intervals."
    )
    error_ratio: Percent = Field(default=5.0, description="Highest share of requests with a server error.")
    latency: Duration = Field(default=1.0, ge=0.001, description="Highest 99th percentile of the duration.")
    hold: Duration = Field(default=300.0, ge=0.0, description="How long a condition must last before the alert fires.")
    down_after: Duration = Field(
        default=60.0, ge=0.0, description="How long a target must be down before the alert fires."
    )


#: Seconds; long enough to smooth a burst, short enough to alert in time.
DEFAULT_ALERT_WINDOW = 300.0


class Pipeline(Section):
    """The whole pipeline: what is watched, how often, where it goes, the objectives, and where it runs."""

    apps: tuple[App, ...] = Field(default=(), description="The applications to watch.")
    scrape: Scrape = Field(default=Scrape(), description="How often targets are scraped, and the timeout.")
    collector: Collector = Field(
        default=Collector(), description="What else the collector reads, its queue and its resources."
    )
    storage: Storage = Field(default=Storage(), description="Where metrics are kept, and how long.")
    dashboards: Dashboards = Field(default=Dashboards(), description="Which dashboards, and folders of your own.")
    objectives: tuple[Objective, ...] = Field(default=(), description="Service level objectives.")
    alerts: Alerts = Field(default=Alerts(), description="Alerts without an objective.")
    local: Local = Field(default=Local(), description="Settings of `kubeglass up` on this machine.")
    cluster: Cluster = Field(default=Cluster(), description="Where and how it runs on Kubernetes.")

    @property
    def scraped_namespaces(self) -> tuple[str, ...]:
        """Namespaces of the cluster whose annotated pods are scraped; none means every one."""
        more = self.collector.scrape_namespaces
        if more == ALL_NAMESPACES:
            return ()
        return tuple(dict.fromkeys((*self.own_namespaces, *more)))

    def scraping(self, namespaces: Collection[str]) -> Self:
        """Return the pipeline with further namespaces that are scraped."""
        more = dict.fromkeys((*self.collector.scrape_namespaces, *namespaces))
        return self.model_copy(update={"collector": self.collector.model_copy(update={"scrape_namespaces": (*more,)})})

    @property
    def own_namespaces(self) -> tuple[str, ...]:
        """Namespaces of the cluster that hold the pipeline and its apps."""
        of_apps = (app.namespace for app in self.apps if app.namespace is not None)
        return tuple(dict.fromkeys((self.cluster.namespace, self.cluster.apps_run_in, *of_apps)))

    def namespace_of(self, app: App) -> str:
        """Return the namespace of one of its apps on the cluster."""
        return app.namespace or self.cluster.apps_run_in

    def scrapes(self, namespace: str) -> bool:
        """Whether annotated pods of ``namespace`` are scraped."""
        return namespace in self.scraped_namespaces or not self.scraped_namespaces

    @property
    def existing_pods(self) -> tuple[ExistingPods, ...]:
        """The pods of apps that are on the cluster already."""
        return tuple(app.existing for app in self.apps if app.existing is not None)

    def without_existing(self) -> Self:
        """Return what of the pipeline runs on this machine, where there are no pods."""
        return self.model_copy(update={"apps": tuple(app for app in self.apps if app.existing is None)})

    @property
    def watched_namespaces(self) -> tuple[str, ...]:
        """Namespaces of the cluster whose pods the collector reads, scraped or not; none means every one."""
        scraped, existing = self.scraped_namespaces, (pods.namespace for pods in self.existing_pods)
        return tuple(dict.fromkeys((*scraped, *existing))) if scraped else ()

    @property
    def collector_secrets(self) -> tuple[SecretSource, ...]:
        """Secrets that the collector needs in its environment, each in its ``variable``."""
        remote = self.storage.remote.secrets if self.storage.remote else ()
        return tuple(dict.fromkeys((*remote, *(app.metrics_auth.secret for app in self.apps if app.metrics_auth))))

    @property
    def alert_window(self) -> float:
        """Window of error ratio and latency in seconds."""
        return self.alerts.window or max(DEFAULT_ALERT_WINDOW, self.scrape.shortest_window)
