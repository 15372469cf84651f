"""Proves that a deployed pipeline works: targets up, kubelets read, a request counted, every panel with data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubeglass.catalog import UNMATCHED_ENDPOINT
from kubeglass.dashboards.queries import PanelQuery, panel_queries
from kubeglass.deploy.clock import Clock
from kubeglass.deploy.cluster import Cluster
from kubeglass.deploy.tunnel import service_path
from kubeglass.errors import ClusterError
from kubeglass.model.app import App
from kubeglass.model.pipeline import Pipeline
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.panels import find_empty_panels
from kubeglass.observe.prometheus import Prometheus
from kubeglass.render.grafana.dashboards import render_dashboards
from kubeglass.render.kubernetes.names import COLLECTOR, deployed_apps
from kubeglass.render.otelcol.cluster import TELEMETRY_PORT

POLL_SECONDS = 0.5
CANARIES = 5
#: The same path that a local run asks.
CANARY_PATH = "/-/kubeglass-canary"


@dataclass(frozen=True, slots=True)
class Proven:
    """One thing that was shown to work.

    Args:
        subject: what: ``targets``, ``kubelet``, ``request``, ``panels``.
        detail: what was seen.
        seconds: how long it took to be seen.
    """

    subject: str
    detail: str
    seconds: float


@dataclass(slots=True)
class Proof:
    """One attempt to prove a pipeline.

    Args:
        cluster: the cluster, for pods and for requests to the apps.
        pipeline: what was deployed.
        prometheus: its Prometheus.
        clock: what to wait by.
        deadline: the clock's time at which the attempt is given up.
        tell: told of each thing as it is proven.
        canaries: app to the query that counts its canaries, and the count before they were sent.
    """

    cluster: Cluster
    pipeline: Pipeline
    prometheus: Prometheus
    clock: Clock
    deadline: float
    tell: Callable[[Proven], None]
    canaries: dict[str, tuple[str, float]] = field(default_factory=dict)

    def run(self) -> None:
        """Prove one thing after another.

        Raises:
            ClusterError: a link is broken; says which, and what was seen instead.
        """
        self._prove("targets", self._look_at_targets)
        self._send_canaries()
        if self.pipeline.collector.kubelet.enabled:
            self._prove("kubelet", self._look_at_kubelets)
        self._prove("request", self._look_for_canaries)
        self._prove("panels", self._look_at_panels)

    def _prove(self, subject: str, look: Callable[[], tuple[bool, str]]) -> None:
        started = self.clock.now()
        while True:
            try:
                done, seen = look()
            except ObserveError as error:
                done, seen = False, str(error)
            if done:
                self.tell(Proven(subject, seen, self.clock.now() - started))
                return
            if self.clock.now() >= self.deadline:
                raise ClusterError(f"proof of {subject}", "did not arrive in time", found=seen, hint=_HINTS[subject])
            self.clock.sleep(POLL_SECONDS)

    def _look_at_targets(self) -> tuple[bool, str]:
        """Find each present pod among the targets that are up; those of pods that are gone may linger for minutes."""
        up = {(sample.labels.get("job"), sample.labels.get("instance")) for sample in self.prometheus.query("up == 1")}
        wanted = {
            app.name: (app.replicas, self._addresses(self.pipeline.cluster.apps_run_in, app.name, app.metrics_port))
            for app in deployed_apps(self.pipeline)
            if app.replicas
        }
        collectors = self._addresses(self.pipeline.cluster.namespace, COLLECTOR, TELEMETRY_PORT)
        wanted[COLLECTOR] = max(len(collectors), 1), collectors
        seen = {job: sum((job, address) in up for address in addresses) for job, (_, addresses) in wanted.items()}
        missing = [f"{job}: {seen[job]} of {count}" for job, (count, _) in wanted.items() if seen[job] < count]
        if missing:
            return False, f"up {', '.join(missing)}"
        return True, ", ".join(f"{job}: {count} up" for job, count in seen.items())

    def _look_at_kubelets(self) -> tuple[bool, str]:
        pods = self._pods(self.pipeline.cluster.namespace, COLLECTOR)
        wanted = {pod["spec"]["nodeName"] for pod in pods}
        # Read within two intervals: a node that was read last by a collector that is gone proves nothing.
        oldest = f"time() - {2 * self.pipeline.collector.kubelet.interval:g}"
        fresh = f"timestamp(k8s_node_cpu_time_seconds_total) > {oldest}"
        samples = self.prometheus.query(f"count by (k8s_node_name) ({fresh})")
        seen = {sample.labels.get("k8s_node_name", "") for sample in samples}
        missing = sorted(wanted - seen)
        if missing:
            return False, f"no metrics of node {', '.join(missing)}"
        return True, f"metrics of {len(wanted)} {'node' if len(wanted) == 1 else 'nodes'}"

    def _send_canaries(self) -> None:
        for app in deployed_apps(self.pipeline):
            if not app.replicas:
                continue
            everything = f'sum(http_requests_total{{job="{app.name}"}})'
            unmatched = f'sum(http_requests_total{{job="{app.name}",endpoint="{UNMATCHED_ENDPOINT}"}})'
            before = {expr: self.prometheus.value(expr) or 0.0 for expr in (everything, unmatched)}
            # A path that no application has: its answer changes nothing, and is counted apart from its users'.
            codes = {self._ask(app, CANARY_PATH) for _ in range(CANARIES)}
            expr = unmatched if codes == {404} else everything
            self.canaries[app.name] = expr, before[expr]

    def _ask(self, app: App, path: str) -> int:
        where = service_path(self.pipeline.cluster.apps_run_in, app.name, path)
        return self.cluster.send("GET", where).status_code

    def _look_for_canaries(self) -> tuple[bool, str]:
        seen = {name: self.prometheus.value(expr) or 0.0 for name, (expr, _) in self.canaries.items()}
        missing = [name for name, (_, before) in self.canaries.items() if seen[name] < before + CANARIES]
        if missing:
            return False, f"{CANARIES} requests to {', '.join(missing)} are not counted"
        return True, f"{CANARIES} requests counted for {', '.join(seen) or 'no app'}"

    def _look_at_panels(self) -> tuple[bool, str]:
        queries = self._queries()
        own = _own_metrics(self.pipeline)
        empty = find_empty_panels(self.prometheus, queries)
        quiet = [panel for panel in empty if not panel.refusal and any(name in panel.query.expr for name in own)]
        broken = [panel for panel in empty if panel not in quiet]
        if broken:
            return False, str(broken[0])
        titles = ", ".join(dict.fromkeys(panel.query.panel_title for panel in quiet))
        note = f"; still quiet: {titles}" if titles else ""
        return True, f"{len(queries) - len(quiet)} of {len(queries)} queries have data{note}"

    def _queries(self) -> list[PanelQuery]:
        interval = self.pipeline.scrape.interval
        documents = [json.loads(file.content) for file in render_dashboards(self.pipeline)]
        return [query for document in documents for query in panel_queries(document, scrape_interval=interval)]

    def _pods(self, namespace: str, name: str) -> list[dict[str, Any]]:
        selector = f"app.kubernetes.io/name={name}"
        pods = self.cluster.list_objects("v1", "Pod", namespace=namespace, selector=selector)
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def _addresses(self, namespace: str, name: str, port: int) -> list[str]:
        addresses = [str(pod["status"].get("podIP", "")) for pod in self._pods(namespace, name)]
        return [f"[{address}]:{port}" if ":" in address else f"{address}:{port}" for address in addresses]


def _own_metrics(pipeline: Pipeline) -> set[str]:
    """Metrics that only appear once the application has counted something."""
    return {metric.name for app in pipeline.apps for metric in app.metrics}


_HINTS: Mapping[str, str] = {
    "targets": "see the collector's log: kubectl logs daemonset/otel-collector; it scrapes pods that say"
    " prometheus.io/scrape: 'true'",
    "kubelet": "see the collector's log for 'kubelet': 403 means rights (nodes/stats), 'x509' a certificate the"
    " cluster's CA did not sign (collector.kubelet.insecure_skip_verify)",
    "request": "the app is up but its requests are not counted: check that it is instrumented",
    "panels": "try the query in Prometheus: kubeglass open --cluster",
}
