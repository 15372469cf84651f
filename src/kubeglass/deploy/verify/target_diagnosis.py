"""Find out why a pod's scrape fails: from the pod, from the collector that scrapes it, and from network policies."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, address_of
from kubeglass.deploy.causes.cause import Cause, explain
from kubeglass.deploy.causes.pod_failure import find_pod_failures
from kubeglass.deploy.causes.scrape_errors import SCRAPE_ROWS, UNCONNECTED
from kubeglass.deploy.existing.policies import Visitor, find_barriers, write_rule
from kubeglass.deploy.existing.ports import list_ports
from kubeglass.deploy.portforward.backend import Backend
from kubeglass.deploy.portforward.forward import PortForward
from kubeglass.deploy.verify.checks import DeployedPipeline
from kubeglass.errors import ClusterError
from kubeglass.model.duration import format_duration
from kubeglass.model.parts import COLLECTOR, TARGETS_PORT
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.prometheus import Prometheus, Target

#: Seconds between two looks.
LOOK_SECONDS = 2.0
#: Of many pods that are down, these are enough.
PODS_READ = 3

Down = Mapping[str, Sequence[KubernetesObject]]
"""The pods of each app that are not up."""
ReadTargets = Callable[[Cluster, KubernetesObject], list[Target]]
"""Reads the targets of a collector's pod; none if it does not tell."""


def read_targets(cluster: Cluster, collector: KubernetesObject) -> list[Target]:
    """Ask a collector by port-forward, which no network policy blocks."""
    backend, errors = Backend(collector, TARGETS_PORT), list[ClusterError]()
    try:
        with PortForward(cluster, lambda: backend, report=errors.append) as forward, Prometheus(forward.url) as asked:
            return asked.targets()
    except (ClusterError, ObserveError):
        # An earlier release's collector does not tell.
        return []


@dataclass(slots=True)
class TargetDiagnosis:
    """What keeps targets down, first looked for at the clock's time ``since``."""

    deployed: DeployedPipeline
    since: float
    read: ReadTargets = read_targets
    looked_at: float = -math.inf

    def find_lasting(self, down: Down, now: float) -> Cause | None:
        """Find a cause that has had the time to pass and has not."""
        if now - max(self.looked_at, self.since) < LOOK_SECONDS:
            return None
        self.looked_at = now
        cause = self.find(down)
        return cause if cause and now - self.since >= cause.patience else None

    def find(self, down: Down) -> Cause | None:
        """Find a cause; None as long as nothing is certain."""
        pods = [(job, pod) for job, gone in down.items() if job != COLLECTOR for pod in gone[:PODS_READ]]
        for job, pod in pods:
            if failures := find_pod_failures(pod):
                return replace(failures[0], message=f"{job}: {failures[0].message}")
        targets: dict[str, list[Target]] = {}
        for job, pod in pods:
            if collector := self._collector_of(pod):
                name = collector["metadata"]["name"]
                if name not in targets:
                    targets[name] = self.read(self.deployed.cluster, collector)
                if cause := self._explain(job, pod, collector, targets[name]):
                    return cause
        return None

    def _collector_of(self, pod: KubernetesObject) -> dict[str, Any] | None:
        node = pod["spec"].get("nodeName")
        return next((each for each in self.deployed.collectors() if each["spec"].get("nodeName") == node), None)

    def _explain(
        self, job: str, pod: KubernetesObject, collector: KubernetesObject, targets: Iterable[Target]
    ) -> Cause | None:
        host = address_of(pod, 0).rpartition(":")[0]
        own = [
            target
            for target in targets
            if target.labels.get("job") == job and target.labels.get("instance", "").rpartition(":")[0] == host
        ]
        failed = [target for target in own if target.error]
        if not failed or len(failed) < len(own):
            return None
        target = failed[0]
        known = explain(SCRAPE_ROWS, target.error, app=job, ports=_ports_of(pod), timeout=self._timeout)
        if known is None:
            return None
        where = f"{job}: pod {pod['metadata']['name']} at {target.url}"
        cause = Cause(f"{where} {known.words}", known.fix, (f"the scrape's error: {target.error}",), known.patience)
        unconnected = re.search(UNCONNECTED, target.error)
        barriers = self._find_barriers(pod, collector, target) if unconnected else []
        return self._blame(cause, barriers, pod, target) if barriers else cause

    @property
    def _timeout(self) -> str:
        return format_duration(self.deployed.pipeline.scrape.longest)

    def _find_barriers(self, pod: KubernetesObject, collector: KubernetesObject, target: Target) -> list[str]:
        cluster, theirs = self.deployed.cluster, pod["metadata"]["namespace"]
        try:
            policies = cluster.list_objects("networking.k8s.io/v1", "NetworkPolicy", namespace=theirs)
            home = cluster.get(ObjectKey("v1", "Namespace", collector["metadata"]["namespace"]))
        except ForbiddenError:
            return []
        labels = ((home or {}).get("metadata") or {}).get("labels") or {}
        return find_barriers(policies, pod, _port_of(target), Visitor(collector, labels))

    def _blame(self, cause: Cause, barriers: Sequence[str], pod: KubernetesObject, target: Target) -> Cause:
        rule = write_rule(self.deployed.pipeline.cluster.namespace, _port_of(target))
        names, where = ", ".join(barriers), pod["metadata"]["namespace"]
        words = f"; NetworkPolicy {names} of {where} selects it and does not admit the collector"
        hint = f"add to spec.ingress of NetworkPolicy {barriers[0]}: {rule}; if that changes nothing: {cause.hint}"
        return replace(cause, message=f"{cause.message}{words}", hint=hint)


def _port_of(target: Target) -> int:
    return urlsplit(target.url).port or 80


def _ports_of(pod: KubernetesObject) -> str:
    ports = [f"{number} named {name}" if name else str(number) for number, name in list_ports(pod)]
    return ", ".join(dict.fromkeys(ports)) or "none"
