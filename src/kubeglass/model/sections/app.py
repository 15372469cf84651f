"""The ``apps`` section: the applications to watch."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import Field, PrivateAttr

from kubeglass.model.quantity import Utilization
from kubeglass.model.sections.existing import Existing
from kubeglass.model.sections.ingress import Ingress
from kubeglass.model.sections.placement import PLACED, Placement
from kubeglass.model.sections.secret import BasicAuth, SecretSource
from kubeglass.model.sections.section import Amount, Resources, Section
from kubeglass.model.sections.source import Install
from kubeglass.model.text import (
    AbsolutePath,
    ContainerPort,
    EnvName,
    LabelName,
    MetricName,
    MetricPrefix,
    Module,
    Name,
    NodePort,
    Port,
    Replicas,
    Target,
    Whole,
)

DEFAULT_APP_PORT = 8000

#: The port OpenTelemetry's Prometheus exporters use: https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/
DEFAULT_METRICS_PORT = 9464


class AppMetricType(StrEnum):
    """Type of an application's own metric; it decides how the metric is charted."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class AppMetric(Section):
    """One of the application's own metrics, which gets a panel."""

    name: MetricName = Field(description="As PromQL sees it: a counter with _total, a histogram without _bucket.")
    type: AppMetricType = Field(description="counter, gauge or histogram.")
    title: str = Field(default="", description="The panel's title; empty means the name.")
    unit: str = Field(default="short", description="Grafana's id of the unit: short, s, bytes, currencyUSD.")
    by: tuple[LabelName, ...] = Field(default=(), description="Labels to draw one line for each value of.")


class MetricsAuth(Section):
    """How a scrape authenticates at the app: exactly one of these."""

    basic: BasicAuth | None = Field(default=None, description="HTTP basic authentication.")
    bearer: SecretSource | None = Field(default=None, description="Where the bearer token is found.")

    @property
    def secret(self) -> SecretSource:
        """The secret that the collector needs in its environment, in its ``variable``."""
        found = self.basic.password if self.basic else self.bearer
        assert found is not None, "references.secrets refuses an empty section"
        return found


class HostPath(Section):
    """Source on the node, mounted into the app's pod."""

    path: AbsolutePath = Field(description="The source file or folder on the node, such as /home/me/app.py.")
    user: Whole = Field(default=1000, ge=1, description="User id the pod runs as; it must be able to read the path.")
    group: Whole = Field(default=1000, ge=1, description="Group id the pod runs as.")
    node: str | None = Field(
        default=None, description="Name of the only node that has the path; empty means every node has."
    )


class Autoscale(Section):
    """A HorizontalPodAutoscaler that sets the number of pods; it needs the metrics server, which K3s includes."""

    min: Whole = Field(default=2, ge=1, le=1000, description="Fewest pods.")
    max: Whole = Field(ge=1, le=1000, description="Most pods.")
    cpu: Utilization | None = Field(
        default=70, description="CPU to keep each pod at, as a share of its request; null ignores CPU."
    )
    memory: Utilization | None = Field(
        default=None, description="Memory to keep each pod at, as a share of its request; empty ignores memory."
    )


class App(Section):
    """One application, either run by kubeglass (``module``) or only scraped (``target``, ``existing``)."""

    name: Name = Field(default="app", description="Becomes the job label, and the name of its Deployment.")
    module: Module | None = Field(
        default=None,
        description="package.module:app, or a factory call with literal arguments: package:create_app('test').",
    )
    target: Target | None = Field(
        default=None, description="host:port of an application that already exposes its metrics."
    )
    existing: Existing | None = Field(
        default=None,
        description="Pods that are on the cluster already and expose their metrics: deployment/NAMESPACE/NAME (also"
        " statefulset or daemonset), or {namespace, labels}. Nothing of theirs is changed without `--annotate`.",
    )
    workers: Whole = Field(default=2, ge=1, le=256, description="gunicorn worker processes.")
    threads: Whole = Field(default=1, ge=1, le=256, description="Threads in each worker.")
    port: Port = Field(default=DEFAULT_APP_PORT, description="Port it listens on.")
    metrics_path: AbsolutePath = Field(default="/metrics", description="Where it exposes its metrics.")
    metrics_auth: MetricsAuth | None = Field(
        default=None, description="Credentials that the app requires for its metrics; empty means none."
    )
    metrics_prefix: MetricPrefix | None = Field(
        default=None,
        description="Prefix of kubeglass's http_* metrics in this app, such as shop_, for when the app has its own.",
    )
    metrics: tuple[AppMetric, ...] = Field(default=(), description="Its own metrics to chart.")
    image: str | None = Field(
        default=None,
        min_length=1,
        description="Container image on the cluster; empty means `kubeglass images build` makes it.",
    )
    host_path: HostPath | None = Field(
        default=None, description="Source mounted from the node instead of built into the image."
    )
    source: tuple[str, ...] = Field(
        default=(),
        description="Files and folders, relative to kubeglass.yaml, that ConfigMaps carry to the cluster; '.' is"
        " everything.",
    )
    install: Install | None = Field(
        default=None, description="Run in a plain Python image, and install the requirements when a pod starts."
    )
    metrics_port: ContainerPort = Field(
        default=DEFAULT_METRICS_PORT,
        description="On the cluster: port of the metrics, which no Service exposes. With `existing` also its name;"
        " empty then means the annotation prometheus.io/port, or ports named like metrics or not at all.",
    )
    node_port: NodePort | None = Field(default=None, description="Port on every node that leads to it.")
    ingress: Ingress | None = Field(default=None, description="Host name that leads to it, on the cluster.")
    replicas: Replicas | None = Field(
        default=2, description="Pods on the cluster; null leaves their number to whoever scales the Deployment."
    )
    autoscale: Autoscale | None = Field(
        default=None, description="Have Kubernetes choose the number of pods by their load, in place of `replicas`."
    )
    namespace: Name | None = Field(
        default=None, description="Namespace on the cluster; empty means `cluster.app_namespace`."
    )
    resources: Resources = Resources(requests=Amount(cpu="100m", memory="128Mi"), limits=Amount(memory="256Mi"))
    placement: Placement = Field(default=Placement(), description=PLACED)
    env: dict[EnvName, str] = Field(default={}, description="Environment variables without secrets.")
    secret_env: dict[EnvName, SecretSource] = Field(default={}, description="Environment variables with secret values.")

    #: Not a key: the files are read once, with the definition, so that rendering stays pure.
    _source_files: dict[str, bytes] = PrivateAttr(default={})

    @property
    def source_files(self) -> Mapping[str, bytes]:
        """Content of each file of :attr:`source`, by its path in the app's folder."""
        return self._source_files

    def holding(self, files: Mapping[str, bytes]) -> Self:
        """Return a copy of the section with the files of its source."""
        copy = self.model_copy()
        copy._source_files = dict(files)
        return copy

    @property
    def is_only_scraped(self) -> bool:
        """Whether somebody else runs it, so that kubeglass makes nothing of it."""
        return self.target is not None or self.existing is not None

    @property
    def metrics_port_number(self) -> int:
        """Port of the metrics of an app that kubeglass runs on the cluster."""
        assert isinstance(self.metrics_port, int), "references.apps refuses a name without 'existing'"
        return self.metrics_port

    @property
    def fixed_replicas(self) -> int | None:
        """Number of pods on the cluster; None if somebody else sets it, such as an autoscaler."""
        return None if self.autoscale or self.existing else self.replicas
