"""Checks of a deployed pipeline, one for each link, without waiting."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kubeglass.catalog import FALLBACK_PREFIX, HTTP_METRICS, HTTP_REQUESTS, HTTP_REQUESTS_IN_PROGRESS
from kubeglass.dashboards.queries import PanelQuery, panel_queries
from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import ObjectKey, address_of, has_ended, is_ending, write_selector
from kubeglass.deploy.existing.ports import find_ports
from kubeglass.deploy.existing.workload import count_wanted, list_existing
from kubeglass.model.frameworks import scraped_only
from kubeglass.model.metric_names import metric_names
from kubeglass.model.parts import COLLECTOR, TELEMETRY_PORT
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.observe.prometheus import Prometheus, find_empty_panels, needs_traffic
from kubeglass.render.grafana import render_dashboards
from kubeglass.render.kubernetes.names import selector_of

#: A target was scraped within this many intervals, and the samples took this long to arrive.
FRESH_SCRAPES = 2
DELAY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class DeployedPipeline:
    """A pipeline on the cluster, and its Prometheus."""

    cluster: Cluster
    pipeline: Pipeline
    prometheus: Prometheus

    def collectors(self) -> list[dict[str, Any]]:
        """Read the collectors' pods."""
        return self._pods(self.pipeline.cluster.namespace, COLLECTOR)

    def pods_of(self, app: App) -> list[dict[str, Any]]:
        """Read the pods of ``app``, without those that are terminating or have ended."""
        if app.existing is not None:
            return list_existing(self.cluster, app.existing)
        return self._pods(self.pipeline.namespace_of(app), app.name)

    def replicas(self) -> dict[str, int]:
        """Return the number of pods that each app should have: the definition's, or the workload's at this moment."""
        return {app.name: self._replicas_of(app) for app in self.apps}

    @property
    def apps(self) -> list[App]:
        """The apps with pods on the cluster."""
        return [app for app in self.pipeline.apps if app.target is None]

    def _replicas_of(self, app: App) -> int:
        if app.existing is not None:
            return count_wanted(self.cluster, app.existing)
        if app.fixed_replicas is not None:
            return app.fixed_replicas
        key = ObjectKey("apps/v1", "Deployment", app.name, self.pipeline.namespace_of(app))
        return int((self.cluster.get(key) or {"spec": {}})["spec"].get("replicas", 1))

    def _pods(self, namespace: str, name: str) -> list[dict[str, Any]]:
        selector = write_selector(selector_of(name))
        pods = self.cluster.list_objects("v1", "Pod", namespace=namespace, selector=selector)
        return [pod for pod in pods if not is_ending(pod) and not has_ended(pod)]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether data passes a link, what was seen or is missing, and on which nodes it is missing, if known.

    ``down`` are the pods of each app that should be up.
    """

    holds: bool
    detail: str
    nodes: frozenset[str] = frozenset()
    down: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)


def check_targets(deployed: DeployedPipeline) -> CheckResult:
    """Check that each pod is a target that is up, by a recent scrape: old samples linger for minutes.

    A pod that has ended is not Down, here as on the panel "App status": the pods that replaced it are checked.
    """
    samples = deployed.prometheus.query(f"up == 1 and {scraped_now('up', deployed.pipeline)}")
    instances = {(sample.labels.get("job"), sample.labels.get("instance", "")) for sample in samples}
    up = instances | {(job, _host(instance)) for job, instance in instances}
    replicas = deployed.replicas()
    apps = [app for app in deployed.apps if replicas[app.name]]
    pods = {app.name: [(pod, _targets_of(pod, app)) for pod in deployed.pods_of(app)] for app in apps}
    pods[COLLECTOR] = [(pod, [address_of(pod, TELEMETRY_PORT)]) for pod in deployed.collectors()]
    wanted = {app.name: replicas[app.name] for app in apps} | {COLLECTOR: max(len(pods[COLLECTOR]), 1)}
    down = {
        job: [pod for pod, targets in pods[job] if not any((job, each) in up for each in targets)] for job in wanted
    }
    seen = {job: len(pods[job]) - len(down[job]) for job in wanted}
    missing = [f"{job}: {seen[job]} of {count} up" for job, count in wanted.items() if seen[job] < count]
    if not missing:
        return CheckResult(True, ", ".join(f"{job}: {count} up" for job, count in seen.items()))
    nodes = {pod["spec"].get("nodeName", "") for gone in down.values() for pod in gone}
    return CheckResult(False, ", ".join(missing), frozenset(nodes), down)


def _targets_of(pod: dict[str, Any], app: App) -> list[str]:
    """Return the instances that are scraped, of which one is enough, or only their host if that is not known.

    A port that was scraped before the definition named another still has fresh samples for some seconds.
    """
    if app.existing is not None:
        ports = find_ports(app, pod)
        return [address_of(pod, port) for port in ports] or [_host(address_of(pod, TELEMETRY_PORT))]
    assert isinstance(app.metrics_port, int), "references.apps refuses names where kubeglass makes the pods"
    return [address_of(pod, app.metrics_port)]


def _host(instance: str) -> str:
    return instance.rpartition(":")[0]


def check_kubelets(deployed: DeployedPipeline) -> CheckResult:
    """Check that metrics arrive from each node that has a collector."""
    wanted = {str(pod["spec"].get("nodeName", "")) for pod in deployed.collectors()}
    # Samples that a collector sent before it was replaced prove nothing.
    oldest = f"time() - {2 * deployed.pipeline.collector.kubelet.interval:g}"
    fresh = f"timestamp(k8s_node_cpu_time_seconds_total) > {oldest}"
    samples = deployed.prometheus.query(f"count by (k8s_node_name) ({fresh})")
    missing = frozenset(wanted - {sample.labels.get("k8s_node_name", "") for sample in samples})
    if missing:
        return CheckResult(False, f"no metrics of node {', '.join(sorted(missing))}", missing)
    return CheckResult(True, f"metrics of {len(wanted)} {'node' if len(wanted) == 1 else 'nodes'}")


def check_panels(deployed: DeployedPipeline) -> CheckResult:
    """Check that every query of every dashboard returns data, except queries that wait for traffic."""
    renamed = _apps_renamed(deployed)
    if renamed:
        return CheckResult(
            False,
            f"{renamed[0]} has metrics named like kubeglass's, so kubeglass's are named {FALLBACK_PREFIX}http_… and no"
            f" dashboard shows them; set 'metrics_prefix: {FALLBACK_PREFIX}' for it in kubeglass.yaml",
        )
    queries = _queries(deployed.pipeline)
    empty = find_empty_panels(deployed.prometheus, queries)
    quiet = [panel for panel in empty if not panel.refusal and _may_be_quiet(deployed, panel.query)]
    broken = [panel for panel in empty if panel not in quiet]
    if broken:
        return CheckResult(False, str(broken[0]))
    titles = ", ".join(dict.fromkeys(panel.query.panel_title for panel in quiet))
    note = f"; no traffic yet: {titles}" if titles else ""
    return CheckResult(True, f"{len(queries) - len(quiet)} of {len(queries)} queries have data{note}")


def _apps_renamed(deployed: DeployedPipeline) -> list[str]:
    """Return the apps beside whose own metrics the library chose a prefix that dashboards do not know."""
    samples = deployed.prometheus.query(f"count by (job) ({FALLBACK_PREFIX}{HTTP_REQUESTS_IN_PROGRESS.name})")
    found = {sample.labels.get("job") for sample in samples}
    return [app.name for app in deployed.pipeline.apps if app.name in found and not app.metrics_prefix]


def _may_be_quiet(deployed: DeployedPipeline, query: PanelQuery) -> bool:
    """Return whether the query reads an app's own metrics, or those of requests while there were none."""
    apps = deployed.pipeline.apps
    if any(metric.name in query.expr for app in apps for metric in app.metrics):
        return True
    if not needs_traffic(query, apps):
        return False
    if any(not _has_series(deployed, name) for name in _read_of_others(query, apps)):
        return True
    requests = metric_names(apps).union(HTTP_REQUESTS.name, "", lambda name: scraped_now(name, deployed.pipeline))
    return not deployed.prometheus.value(f"count({requests})")


def scraped_now(selector: str, pipeline: Pipeline) -> str:
    """Return the query for the series that the latest scrapes brought: others linger for five minutes.

    Args:
        selector: of a series, and no expression: ``timestamp()`` of an expression is the time of the query.
        pipeline: its scrape interval decides.
    """
    return f"timestamp({selector}) > time() - {FRESH_SCRAPES * pipeline.scrape.interval + DELAY_SECONDS:g}"


def _read_of_others(query: PanelQuery, apps: Sequence[App]) -> list[str]:
    """Return what the query reads that apps instrumented by other libraries may not expose."""
    if not scraped_only(apps):
        return []
    return [metric.name for metric in HTTP_METRICS if metric.name.removesuffix("_total") in query.expr]


def _has_series(deployed: DeployedPipeline, metric: str) -> bool:
    return bool(deployed.prometheus.value(f'count({{__name__=~"(.+_)?{metric}(_count)?"}})'))


def _queries(pipeline: Pipeline) -> list[PanelQuery]:
    documents = [json.loads(file.content) for file in render_dashboards(pipeline)]
    interval = pipeline.scrape.interval
    return [query for document in documents for query in panel_queries(document, scrape_interval=interval)]
