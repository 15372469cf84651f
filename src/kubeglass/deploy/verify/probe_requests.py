"""Probes: requests sent to one pod of each app, and counted at that pod.

The instrumentation library answers them itself and counts them in a metric of their own, so they run no view and appear
in none of the user's numbers. A sum over all pods would prove nothing after an upgrade: the last samples of an old pod
would be in the count before, and missing from the count after.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kubeglass.catalog import PROBE_PATH, PROBE_REQUESTS
from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import address_of
from kubeglass.deploy.portforward.backend import Backend, find_backend
from kubeglass.deploy.portforward.forward import PortForward
from kubeglass.deploy.verify.checks import CheckResult, DeployedPipeline
from kubeglass.errors import ClusterError
from kubeglass.http import make_client
from kubeglass.model.sections.app import App
from kubeglass.observe.errors import ObserveError, translate_http_errors
from kubeglass.observe.probes import PROBE_STATUS
from kubeglass.render.kubernetes.names import deployed_apps

PROBES = 5
#: The app, or a proxy in front of it, is not ready after all; it may be in a moment.
_UNAVAILABLE = frozenset({502, 503, 504})

Ask = Callable[[Backend], frozenset[int]]
"""Sends the probes to a pod and returns the response statuses."""


@dataclass(frozen=True, slots=True)
class SentProbes:
    """The response statuses of the probes that the pod ``uid`` has answered.

    ``expr`` is the query that counts them, and ``before`` its result before they were sent.
    """

    uid: str
    expr: str
    before: float
    statuses: frozenset[int]


@dataclass(slots=True)
class ProbeRequests:
    """The probes of every app.

    ``sent`` holds what was sent to each app; it is sent again when that pod is gone.
    """

    deployed: DeployedPipeline
    ask: Ask
    sent: dict[str, SentProbes] = field(default_factory=dict)

    def check(self) -> CheckResult:
        """Send what was not sent yet, and look for what was.

        An app that does not show the metric, such as one instrumented by another library, is sent nothing: it is
        verified by its scrapes.

        Raises:
            ObserveError: an app, or Prometheus, does not respond.
            ClusterError: an app has no ready pod, or its pod cannot be reached.
        """
        missing, counted, without = [], [], []
        replicas = self.deployed.replicas()
        for app in (app for app in deployed_apps(self.deployed.pipeline) if replicas[app.name]):
            probes = self._probes_of(app)
            if probes is None:
                without.append(app.name)
            elif wrong := self._find_missing(app, probes):
                missing.append(wrong)
            else:
                counted.append(app.name)
        if missing:
            return CheckResult(False, ", ".join(missing))
        said = [f"{PROBES} probes counted for {', '.join(counted)}"] if counted else []
        if without:
            said.append(f"{', '.join(without)}: no {PROBE_REQUESTS.name}, but scrapes arrive")
        return CheckResult(True, "; ".join(said) or "no app to probe")

    def _find_missing(self, app: App, probes: SentProbes) -> str:
        if wrong := probes.statuses - {PROBE_STATUS}:
            return f"{app.name} responds to GET {PROBE_PATH} with {max(wrong)}, not {PROBE_STATUS}"
        counted = self.deployed.prometheus.value(probes.expr) or 0.0
        return f"{PROBES} probes of {app.name} are not counted" if counted < probes.before + PROBES else ""

    def _probes_of(self, app: App) -> SentProbes | None:
        sent = self.sent.get(app.name)
        if sent is None or sent.uid not in {pod["metadata"]["uid"] for pod in self.deployed.pods_of(app)}:
            sent = self._send(app)
            if sent is not None:
                self.sent[app.name] = sent
        return sent

    def _send(self, app: App) -> SentProbes | None:
        namespace = self.deployed.pipeline.namespace_of(app)
        backend = find_backend(self.deployed.cluster, namespace, app.name)
        instance = address_of(backend.pod, app.metrics_port_number)
        target = f'job="{app.name}",k8s_namespace_name="{namespace}",instance="{instance}"'
        expr = f"sum({PROBE_REQUESTS.name}{{{target}}})"
        before = self.deployed.prometheus.value(expr)
        if before is None:
            return None
        statuses = self.ask(backend)
        if unavailable := statuses & _UNAVAILABLE:
            raise ObserveError(f"{app.name} responds to GET {PROBE_PATH} with {max(unavailable)}")
        return SentProbes(backend.pod["metadata"]["uid"], expr, before, statuses)


def ask_by_port_forward(cluster: Cluster) -> Ask:
    """Return a function that sends probes by port-forward, which no network policy blocks."""

    def ask(backend: Backend) -> frozenset[int]:
        errors: list[ClusterError] = []
        with (
            PortForward(cluster, lambda: backend, report=errors.append) as forward,
            make_client(base_url=forward.url) as client,
        ):
            try:
                with translate_http_errors(f"{backend.key}, port {backend.port}"):
                    return frozenset(client.get(PROBE_PATH).status_code for _ in range(PROBES))
            except ObserveError as error:
                raise (errors[0] if errors else error) from error

    return ask
