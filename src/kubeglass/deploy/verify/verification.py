"""Proves that a deployed pipeline works: targets up, kubelets read, a request counted, every panel with data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.clock import Clock
from kubeglass.deploy.portforward.forward import forward_service
from kubeglass.deploy.verify.checks import CheckResult, DeployedPipeline, check_kubelets, check_panels, check_targets
from kubeglass.deploy.verify.collector_diagnosis import CollectorDiagnosis
from kubeglass.deploy.verify.probe_requests import Ask, ProbeRequests, ask_by_port_forward
from kubeglass.errors import ClusterError
from kubeglass.model.pipeline import Pipeline
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.prometheus import Prometheus
from kubeglass.render.kubernetes.names import PROMETHEUS

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Verified:
    """One thing that was shown to work.

    Args:
        subject: what: ``targets``, ``kubelet``, ``request``, ``panels``.
        detail: what was seen.
        seconds: how long it took to be seen.
    """

    subject: str
    detail: str
    seconds: float


Tell = Callable[[Verified], None]
"""Told of each thing as it is verified."""


@dataclass(slots=True)
class Verification:
    """One attempt to verify a pipeline.

    Args:
        deployed: the pipeline.
        ask: sends probes to a pod.
        clock: what to wait by.
        deadline: the clock's time at which the attempt is given up.
        tell: told of each thing as it is verified.
        errors: what the way to Prometheus met, the last one last.
    """

    deployed: DeployedPipeline
    ask: Ask
    clock: Clock
    deadline: float
    tell: Tell
    errors: list[ClusterError] = field(default_factory=list)

    def run(self) -> None:
        """Prove one thing after another.

        Raises:
            ClusterError: a link is broken; says which, what was seen instead, and what the collector says of it.
        """
        probes = ProbeRequests(self.deployed, self.ask)
        self._prove("targets", lambda: check_targets(self.deployed))
        # Sent now, they are counted while the kubelets are awaited.
        self._look(probes.look)
        if self.deployed.pipeline.collector.kubelet.enabled:
            self._prove("kubelet", lambda: check_kubelets(self.deployed))
        self._prove("request", probes.look)
        self._prove("panels", lambda: check_panels(self.deployed))

    def _prove(self, subject: str, look: Callable[[], CheckResult]) -> None:
        started = self.clock.now()
        diagnosis = CollectorDiagnosis(self.deployed, started)
        while not (seen := self._look(look)).holds:
            now = self.clock.now()
            if subject in _REFUSED_AT and (refusal := diagnosis.find_refusal(seen.nodes, now)):
                raise ClusterError(f"proof of {subject}", seen.detail, found=refusal.words, hint=refusal.hint)
            if now >= self.deadline:
                evidence = diagnosis.gather(seen.nodes)
                wrong = "did not arrive in time"
                where = f"proof of {subject}"
                raise ClusterError(where, wrong, found=seen.detail, hint=_HINTS[subject], details=evidence)
            self.clock.sleep(POLL_SECONDS)
        self.tell(Verified(subject, seen.detail, self.clock.now() - started))

    def _look(self, look: Callable[[], CheckResult]) -> CheckResult:
        try:
            return look()
        except ForbiddenError:
            raise
        except ClusterError as error:
            return CheckResult(False, error.message)
        except ObserveError as error:
            if self.errors and isinstance(self.errors[-1], ForbiddenError):
                raise self.errors[-1] from error
            return CheckResult(False, self.errors[-1].message if self.errors else str(error))


def verify(cluster: Cluster, pipeline: Pipeline, *, timeout: float, clock: Clock, tell: Tell) -> None:
    """Prove that what was deployed works, by way of port-forwards, so that no network policy stands in the way.

    Args:
        cluster: the cluster.
        pipeline: what was deployed.
        timeout: seconds until the attempt is given up.
        clock: what to wait by.
        tell: told of each thing as it is verified.

    Raises:
        ClusterError: a link is broken; says which, and what was seen instead.
    """
    errors: list[ClusterError] = []
    with (
        forward_service(cluster, pipeline.cluster.namespace, PROMETHEUS, report=errors.append) as forward,
        Prometheus(forward.url) as prometheus,
    ):
        deployed = DeployedPipeline(cluster, pipeline, prometheus)
        Verification(deployed, ask_by_port_forward(cluster), clock, clock.now() + timeout, tell, errors).run()


#: Links at which a collector is refused a right, or refuses a certificate.
_REFUSED_AT = frozenset({"targets", "kubelet"})

_HINTS: Mapping[str, str] = {
    "targets": "the collector scrapes pods that say prometheus.io/scrape: 'true'; its last complaints are below, all of"
    " them in: kubectl logs daemonset/otel-collector",
    "kubelet": "see the collector's last complaints below",
    "request": "the app is up but its requests are not counted: check that it is instrumented",
    "panels": "try the query in Prometheus: kubeglass open --cluster prometheus",
}
