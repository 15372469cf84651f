"""Requests sent to each app to find them counted: to one pod, and counted at that pod.

Counted over all pods they would verify nothing after an upgrade: an old pod that still ends, or its last samples, would
be in the count before and missing afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kubeglass.catalog import UNMATCHED_ENDPOINT
from kubeglass.deploy.api.kubernetes_api import KubernetesApi
from kubeglass.deploy.api.objects import address_of
from kubeglass.deploy.portforward.backend import Backend, find_backend
from kubeglass.deploy.portforward.forward import PortForward
from kubeglass.deploy.verify.checks import CheckResult, DeployedPipeline
from kubeglass.errors import ClusterError
from kubeglass.http import make_client
from kubeglass.model.app import App
from kubeglass.observe.errors import ObserveError, translate_http_errors
from kubeglass.render.kubernetes.names import deployed_apps

PROBE_REQUESTS = 5
#: The same path that a local run asks.
PROBE_PATH = "/-/kubeglass-canary"
#: The app, or what it has in front of it, is not ready after all: it may be in a moment.
_UNAVAILABLE = frozenset({502, 503, 504})

Ask = Callable[[Backend], frozenset[int]]
"""Sends the probes to a pod and returns the statuses answered."""


@dataclass(frozen=True, slots=True)
class SentProbe:
    """ProbeRequests that one pod has answered.

    Args:
        uid: the pod's uid.
        expr: the query that counts them.
        before: the count before they were sent.
    """

    uid: str
    expr: str
    before: float


@dataclass(slots=True)
class ProbeRequests:
    """The probes of every app.

    Args:
        deployed: the pipeline.
        ask: sends them.
        sent: app to what was sent; sent again when that pod is gone.
    """

    deployed: DeployedPipeline
    ask: Ask
    sent: dict[str, SentProbe] = field(default_factory=dict)

    def look(self) -> CheckResult:
        """Send what was not sent yet, and look for what was.

        Raises:
            ObserveError: an app, or Prometheus, does not answer.
            ClusterError: an app has no ready pod, or its pod cannot be reached.
        """
        apps = [app for app in deployed_apps(self.deployed.pipeline) if app.replicas]
        missing = []
        for app in apps:
            probe = self._probe_of(app)
            counted = self.deployed.prometheus.value(probe.expr) or 0.0
            if counted < probe.before + PROBE_REQUESTS:
                missing.append(app.name)
        if missing:
            return CheckResult(False, f"{PROBE_REQUESTS} requests to {', '.join(missing)} are not counted")
        return CheckResult(
            True, f"{PROBE_REQUESTS} requests counted for {', '.join(app.name for app in apps) or 'no app'}"
        )

    def _probe_of(self, app: App) -> SentProbe:
        present = {pod["metadata"]["uid"] for pod in self.deployed.pods_of(app)}
        if app.name not in self.sent or self.sent[app.name].uid not in present:
            self.sent[app.name] = self._send(app)
        return self.sent[app.name]

    def _send(self, app: App) -> SentProbe:
        namespace = self.deployed.pipeline.cluster.apps_run_in
        backend = find_backend(self.deployed.cluster, namespace, app.name)
        target = (
            f'job="{app.name}",k8s_namespace_name="{namespace}",instance="{address_of(backend.pod, app.metrics_port)}"'
        )
        everything = f"sum(http_requests_total{{{target}}})"
        # A path that no application has: its answer changes nothing, and is counted apart from its users'.
        unmatched = f'sum(http_requests_total{{{target},endpoint="{UNMATCHED_ENDPOINT}"}})'
        before = {expr: self.deployed.prometheus.value(expr) or 0.0 for expr in (everything, unmatched)}
        codes = self.ask(backend)
        if unavailable := codes & _UNAVAILABLE:
            raise ObserveError(f"{app.name} answers {max(unavailable)} to GET {PROBE_PATH}")
        expr = unmatched if codes == {404} else everything
        return SentProbe(backend.pod["metadata"]["uid"], expr, before[expr])


def ask_by_port_forward(api: KubernetesApi) -> Ask:
    """Send probes by port-forward, so that no network policy stands in their api.

    Args:
        api: the way to the cluster.
    """

    def ask(backend: Backend) -> frozenset[int]:
        errors: list[ClusterError] = []
        with (
            PortForward(api, lambda: backend, report=errors.append) as forward,
            make_client(base_url=forward.url) as client,
        ):
            try:
                with translate_http_errors(f"{backend.key}, port {backend.port}"):
                    return frozenset(client.get(PROBE_PATH).status_code for _ in range(PROBE_REQUESTS))
            except ObserveError as error:
                raise (errors[0] if errors else error) from error

    return ask
