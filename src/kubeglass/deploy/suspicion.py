"""Reads what the collectors say while a link does not hold."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from kubeglass.deploy.collector_log import Refusal, choose_complaints, find_refusal
from kubeglass.deploy.deployed import Deployed
from kubeglass.deploy.events import describe_events, list_events
from kubeglass.deploy.objects import key_of
from kubeglass.deploy.refusal import RefusedError
from kubeglass.render.kubernetes.names import COLLECTOR

#: Seconds between two readings of a log.
LOOK_SECONDS = 2.0
LINES_READ = 200
#: Of many collectors with the same trouble, these tell enough.
COLLECTORS_READ = 3


@dataclass(slots=True)
class Suspicion:
    """What the collectors say of one link.

    Args:
        deployed: the pipeline.
        since: the clock's time at which the link was looked at first; what was said before may be over.
        looked_at: the clock's time of the last reading.
    """

    deployed: Deployed
    since: float
    looked_at: float = 0.0

    def find_refusal(self, nodes: AbstractSet[str], now: float) -> Refusal | None:
        """Find a refusal that goes on although there was time for it to end.

        Args:
            nodes: where something is missing; empty means anywhere.
            now: the clock's time.
        """
        if now - max(self.looked_at, self.since) < LOOK_SECONDS:
            return None
        self.looked_at = now
        recent = min(2 * self.deployed.pipeline.collector.kubelet.interval + 1, now - self.since)
        for collector in self._collectors(nodes):
            refusal = find_refusal(self._log(collector, recent))
            if refusal and now - self.since >= refusal.patience:
                return refusal
        return None

    def gather(self, nodes: AbstractSet[str]) -> tuple[str, ...]:
        """Gather events and the last complaints of the collectors concerned."""
        return tuple(
            f"{collector['metadata']['name']}: {line}"
            for collector in self._collectors(nodes)
            for line in (
                *describe_events(list_events(self.deployed.cluster, collector)),
                *(f"log {line}" for line in choose_complaints(self._log(collector))),
            )
        )

    def _collectors(self, nodes: AbstractSet[str]) -> list[dict[str, Any]]:
        every = self.deployed.collectors()
        concerned = [pod for pod in every if pod["spec"].get("nodeName") in nodes]
        return (concerned or every)[:COLLECTORS_READ]

    def _log(self, collector: dict[str, Any], since_seconds: float | None = None) -> list[str]:
        try:
            return self.deployed.cluster.read_log(
                key_of(collector), COLLECTOR, lines=LINES_READ, since_seconds=since_seconds
            )
        except RefusedError:
            # It does not run at this moment.
            return []
