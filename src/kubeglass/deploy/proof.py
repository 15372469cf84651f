"""Proves that a deployed pipeline works: targets up, kubelets read, a request counted, every panel with data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kubeglass.deploy.canary import Ask, Canaries, ask_through_tunnel
from kubeglass.deploy.clock import Clock
from kubeglass.deploy.cluster import Cluster
from kubeglass.deploy.deployed import Deployed
from kubeglass.deploy.links import Seen, look_at_kubelets, look_at_panels, look_at_targets
from kubeglass.deploy.refusal import ForbiddenError
from kubeglass.deploy.suspicion import Suspicion
from kubeglass.deploy.tunnel import open_service
from kubeglass.errors import ClusterError
from kubeglass.model.pipeline import Pipeline
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.prometheus import Prometheus
from kubeglass.render.kubernetes.names import PROMETHEUS

POLL_SECONDS = 0.5


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


Tell = Callable[[Proven], None]
"""Told of each thing as it is proven."""


@dataclass(slots=True)
class Proof:
    """One attempt to prove a pipeline.

    Args:
        deployed: the pipeline.
        ask: sends canaries to a pod.
        clock: what to wait by.
        deadline: the clock's time at which the attempt is given up.
        tell: told of each thing as it is proven.
        troubles: what the way to Prometheus met, the last one last.
    """

    deployed: Deployed
    ask: Ask
    clock: Clock
    deadline: float
    tell: Tell
    troubles: list[ClusterError] = field(default_factory=list)

    def run(self) -> None:
        """Prove one thing after another.

        Raises:
            ClusterError: a link is broken; says which, what was seen instead, and what the collector says of it.
        """
        canaries = Canaries(self.deployed, self.ask)
        self._prove("targets", lambda: look_at_targets(self.deployed))
        # Sent now, they are counted while the kubelets are awaited.
        self._look(canaries.look)
        if self.deployed.pipeline.collector.kubelet.enabled:
            self._prove("kubelet", lambda: look_at_kubelets(self.deployed))
        self._prove("request", canaries.look)
        self._prove("panels", lambda: look_at_panels(self.deployed))

    def _prove(self, subject: str, look: Callable[[], Seen]) -> None:
        started = self.clock.now()
        suspicion = Suspicion(self.deployed, started)
        while not (seen := self._look(look)).holds:
            now = self.clock.now()
            if subject in _REFUSED_AT and (refusal := suspicion.find_refusal(seen.nodes, now)):
                raise ClusterError(f"proof of {subject}", seen.detail, found=refusal.words, hint=refusal.hint)
            if now >= self.deadline:
                evidence = suspicion.gather(seen.nodes)
                wrong = "did not arrive in time"
                where = f"proof of {subject}"
                raise ClusterError(where, wrong, found=seen.detail, hint=_HINTS[subject], details=evidence)
            self.clock.sleep(POLL_SECONDS)
        self.tell(Proven(subject, seen.detail, self.clock.now() - started))

    def _look(self, look: Callable[[], Seen]) -> Seen:
        try:
            return look()
        except ForbiddenError:
            raise
        except ClusterError as error:
            return Seen(False, error.message)
        except ObserveError as error:
            if self.troubles and isinstance(self.troubles[-1], ForbiddenError):
                raise self.troubles[-1] from error
            return Seen(False, self.troubles[-1].message if self.troubles else str(error))


def prove(cluster: Cluster, pipeline: Pipeline, *, timeout: float, clock: Clock, tell: Tell) -> None:
    """Prove that what was deployed works, by way of port-forwards, so that no network policy stands in the way.

    Args:
        cluster: the cluster.
        pipeline: what was deployed.
        timeout: seconds until the attempt is given up.
        clock: what to wait by.
        tell: told of each thing as it is proven.

    Raises:
        ClusterError: a link is broken; says which, and what was seen instead.
    """
    troubles: list[ClusterError] = []
    with (
        open_service(cluster, pipeline.cluster.namespace, PROMETHEUS, report=troubles.append) as tunnel,
        Prometheus(tunnel.url) as prometheus,
    ):
        deployed = Deployed(cluster, pipeline, prometheus)
        Proof(deployed, ask_through_tunnel(cluster), clock, clock.now() + timeout, tell, troubles).run()


#: Links at which a collector is refused a right, or refuses a certificate.
_REFUSED_AT = frozenset({"targets", "kubelet"})

_HINTS: Mapping[str, str] = {
    "targets": "the collector scrapes pods that say prometheus.io/scrape: 'true'; its last complaints are below, all of"
    " them in: kubectl logs daemonset/otel-collector",
    "kubelet": "see the collector's last complaints below",
    "request": "the app is up but its requests are not counted: check that it is instrumented",
    "panels": "try the query in Prometheus: kubeglass open --cluster prometheus",
}
