"""Read from the collectors' logs and events why a link does not work."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.api.objects import key_of
from kubeglass.deploy.causes.cause import Cause
from kubeglass.deploy.causes.events import describe_events, list_events
from kubeglass.deploy.verify.checks import DeployedPipeline
from kubeglass.model.parts import COLLECTOR

#: Seconds between two readings of a log.
LOOK_SECONDS = 2.0
LINES_READ = 200
#: Of many collectors with the same problem, these are enough.
COLLECTORS_READ = 3
LINES_SHOWN = 5

#: The collector's log line: time, level, caller, message, fields, separated by tabs.
_BAD = re.compile(r"\t(?:error|warn)\t|\b[EW]\d{4} ")
_TIME = re.compile(r"^\S*\d\d:\d\d:\d\d\S*\s+")


_RIGHTS = "the collector lacks a right that kubeglass deploy grants; check what else changes its ClusterRole or Roles"
_CERTIFICATE = (
    "the kubelet's certificate is not signed by the cluster's CA: turn on server TLS bootstrap, or accept the risk"
    " and set collector.kubelet.insecure_skip_verify: true"
)
#: What a collector logs when it is refused, what to do about it, and how many seconds it must last: kubelets cache a
#: refusal for 30 s after the right was granted (``authorization.webhook.cacheUnauthorizedTTL``).
_REFUSALS = (
    (re.compile(r"x509: [^\"\\}]+"), _CERTIFICATE, 0.0),
    (re.compile(r"Forbidden \(user=[^\"]+\)"), _RIGHTS, 35.0),
    (re.compile(r"\w+(?:\.[\w.]+)? is forbidden: [^\"\\]+"), _RIGHTS, 35.0),
    (re.compile(r"403 Forbidden"), _RIGHTS, 35.0),
)


@dataclass(slots=True)
class CollectorDiagnosis:
    """What the collectors log about one link, first checked at the clock's time ``since``.

    Earlier lines may be about a problem that is over.
    """

    deployed: DeployedPipeline
    since: float
    looked_at: float = 0.0

    def find_refusal(self, nodes: AbstractSet[str], now: float) -> Cause | None:
        """Find a refusal on ``nodes``, or on any if it is empty, that has lasted longer than its patience."""
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
        """Gather events and the latest errors of the collectors on ``nodes``."""
        return tuple(
            f"{collector['metadata']['name']}: {line}"
            for collector in self._collectors(nodes)
            for line in (
                *describe_events(list_events(self.deployed.cluster, collector)),
                *(f"log {line}" for line in excerpt_errors(self._log(collector))),
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
            # The container is not running right now.
            return []


def find_refusal(lines: Iterable[str]) -> Cause | None:
    """Find the last line about a missing right or a rejected certificate."""
    for line in reversed(list(lines)):
        for pattern, hint, patience in _REFUSALS:
            if found := pattern.search(line):
                return Cause(found[0].strip(), hint, patience=patience)
    return None


def excerpt_errors(lines: Iterable[str]) -> list[str]:
    """Keep the last errors and warnings, each once, without its time."""
    plain = [_TIME.sub("", line).replace("\t", " ") for line in lines if _BAD.search(line)]
    return list(dict.fromkeys(reversed(plain)))[:LINES_SHOWN][::-1]
