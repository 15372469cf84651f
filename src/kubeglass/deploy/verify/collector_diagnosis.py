"""Reads what the collectors say while a link does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.api.objects import key_of
from kubeglass.deploy.rollout.events import describe_events, list_events
from kubeglass.deploy.verify.checks import DeployedPipeline
from kubeglass.render.kubernetes.names import COLLECTOR

#: Seconds between two readings of a log.
LOOK_SECONDS = 2.0
LINES_READ = 200
#: Of many collectors with the same failure, these tell enough.
COLLECTORS_READ = 3


@dataclass(slots=True)
class CollectorDiagnosis:
    """What the collectors say of one link.

    Args:
        deployed: the pipeline.
        since: the clock's time at which the link was looked at first; what was said before may be over.
        looked_at: the clock's time of the last reading.
    """

    deployed: DeployedPipeline
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


LINES_SHOWN = 5

#: The collector's own log: time, level, caller, message, fields, with tabs between.
_BAD = re.compile(r"\t(?:error|warn)\t|\b[EW]\d{4} ")
_TIME = re.compile(r"^\S*\d\d:\d\d:\d\d\S*\s+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that no retry changes.

    Args:
        words: those of whoever refused.
        hint: what to do about it.
        patience: seconds it must go on for: kubelets remember a refusal for 30 s after the right was given
            (``authorization.webhook.cacheUnauthorizedTTL``).
    """

    words: str
    hint: str
    patience: float


_RIGHTS = "the collector lacks a right: kubeglass deploy grants it; see whether something else changes its ClusterRole"
_CERTIFICATE = (
    "the cluster's CA did not sign the kubelet's certificate: turn on server TLS bootstrap, or say"
    " collector.kubelet.insecure_skip_verify: true and know what that means"
)
_REFUSALS = (
    (re.compile(r"x509: [^\"\\}]+"), _CERTIFICATE, 0.0),
    (re.compile(r"Forbidden \(user=[^\"]+\)"), _RIGHTS, 35.0),
    (re.compile(r"\w+(?:\.[\w.]+)? is forbidden: [^\"\\]+"), _RIGHTS, 35.0),
    (re.compile(r"403 Forbidden"), _RIGHTS, 35.0),
)


def find_refusal(lines: Iterable[str]) -> Refusal | None:
    """Find the last line that tells of a refused right or certificate."""
    for line in reversed(list(lines)):
        for pattern, hint, patience in _REFUSALS:
            if found := pattern.search(line):
                return Refusal(found[0].strip(), hint, patience)
    return None


def choose_complaints(lines: Iterable[str]) -> list[str]:
    """Keep the last errors and warnings, each once, without its time; the last lines if there is none."""
    plain = [_TIME.sub("", line).replace("\t", " ") for line in lines if _BAD.search(line)]
    return list(dict.fromkeys(reversed(plain)))[:LINES_SHOWN][::-1]
