"""Verify that a deployed pipeline works: targets up, kubelets scraped, probes counted, every panel with data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.portforward.forward import forward_service
from kubeglass.deploy.rollout.wait import Clock
from kubeglass.deploy.verify.checks import CheckResult, DeployedPipeline, check_kubelets, check_panels, check_targets
from kubeglass.deploy.verify.collector_diagnosis import CollectorDiagnosis
from kubeglass.deploy.verify.probe_requests import Ask, ProbeRequests, ask_by_port_forward
from kubeglass.deploy.verify.target_diagnosis import TargetDiagnosis
from kubeglass.errors import ClusterError
from kubeglass.model.parts import COLLECTOR, PROMETHEUS
from kubeglass.model.pipeline import Pipeline
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.prometheus import Prometheus

POLL_SECONDS = 0.5
#: Links where the collector may lack a right or reject a certificate.
_REFUSED_AT = frozenset({"targets", "kubelet"})

_HINTS: Mapping[str, str] = {
    "targets": "the collector scrapes pods of its namespaces annotated with prometheus.io/scrape: 'true'; see its"
    f" latest errors below, or all of its log: kubeglass logs --cluster {COLLECTOR}",
    "kubelet": "see the collector's latest errors below",
    "probes": "the app is up but its probes are not counted: check that no proxy in front of it responds to them",
    "panels": "try the query in Prometheus: kubeglass open --cluster prometheus",
}


@dataclass(frozen=True, slots=True)
class Verified:
    """One link that works, what was seen of it, and after how many seconds."""

    subject: str
    detail: str
    seconds: float


Tell = Callable[[Verified], None]
"""Called with each link once it works."""


@dataclass(slots=True)
class Verification:
    """One attempt to verify a pipeline, until ``deadline`` of the clock.

    ``errors`` are those of the port-forward to Prometheus, the latest last.
    """

    deployed: DeployedPipeline
    ask: Ask
    clock: Clock
    deadline: float
    tell: Tell
    errors: list[ClusterError] = field(default_factory=list)

    def run(self) -> None:
        """Verify one link after another.

        Raises:
            ClusterError: a link is broken; names it, what was seen instead, and what the collector logged.
        """
        probes = ProbeRequests(self.deployed, self.ask)
        self._verify("targets", lambda: check_targets(self.deployed))
        # Sent now, they are counted while the kubelets are waited for.
        self._look(probes.check)
        if self.deployed.pipeline.collector.kubelet.enabled:
            self._verify("kubelet", lambda: check_kubelets(self.deployed))
        self._verify("probes", probes.check)
        self._verify("panels", lambda: check_panels(self.deployed))

    def _verify(self, subject: str, check: Callable[[], CheckResult]) -> None:
        started = self.clock.now()
        diagnosis, scrapes = CollectorDiagnosis(self.deployed, started), TargetDiagnosis(self.deployed, started)
        while not (seen := self._look(check)).holds:
            now = self.clock.now()
            refusal = diagnosis.find_refusal(seen.nodes, now) if subject in _REFUSED_AT else None
            if cause := refusal or scrapes.find_lasting(seen.down, now):
                raise ClusterError(
                    f"verifying {subject}", seen.detail, found=cause.message, hint=cause.hint, details=cause.evidence
                )
            if now >= self.deadline:
                raise ClusterError(
                    f"verifying {subject}",
                    "data did not arrive in time",
                    found=seen.detail,
                    hint=_HINTS[subject],
                    details=diagnosis.gather(seen.nodes),
                )
            self.clock.sleep(POLL_SECONDS)
        self.tell(Verified(subject, seen.detail, self.clock.now() - started))

    def _look(self, check: Callable[[], CheckResult]) -> CheckResult:
        try:
            return check()
        except ForbiddenError:
            raise
        except ClusterError as error:
            return CheckResult(False, error.message)
        except ObserveError as error:
            if self.errors and isinstance(self.errors[-1], ForbiddenError):
                raise self.errors[-1] from error
            return CheckResult(False, self.errors[-1].message if self.errors else str(error))


def verify(cluster: Cluster, pipeline: Pipeline, *, timeout: float, clock: Clock, tell: Tell) -> None:
    """Verify that what was deployed works, through port-forwards, which no network policy blocks.

    Raises:
        ClusterError: a link does not work within ``timeout`` seconds; names it and what was seen instead.
    """
    errors: list[ClusterError] = []
    with (
        forward_service(cluster, pipeline.cluster.namespace, PROMETHEUS, report=errors.append) as forward,
        Prometheus(forward.url) as prometheus,
    ):
        deployed = DeployedPipeline(cluster, pipeline, prometheus)
        Verification(deployed, ask_by_port_forward(cluster), clock, clock.now() + timeout, tell, errors).run()
