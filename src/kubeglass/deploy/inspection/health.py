"""Whether data flows through a pipeline now, link by link: one look, without waiting and without a probe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.causes.cause import Cause
from kubeglass.deploy.portforward.forward import forward_service
from kubeglass.deploy.rollout.wait import Clock
from kubeglass.deploy.verify.checks import CheckResult, DeployedPipeline, check_kubelets, check_targets
from kubeglass.deploy.verify.collector_diagnosis import CollectorDiagnosis
from kubeglass.deploy.verify.target_diagnosis import TargetDiagnosis
from kubeglass.errors import ClusterError
from kubeglass.model.parts import COLLECTOR, PROMETHEUS
from kubeglass.model.pipeline import Pipeline
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.prometheus import Prometheus
from kubeglass.rules import alerts
from kubeglass.rules.rule import AlertingRule

#: A refusal in the collectors' logs of this many seconds still holds.
RECENT_SECONDS = 60.0
#: The group of alerts whose conditions are looked at.
COLLECTOR_ALERTS = "collector"


class LinkState(Enum):
    """Whether data passes a link, or that nobody could look."""

    WORKS = "works"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the way that data takes: what was seen of it, and the cause if it is broken and that is known."""

    subject: str
    state: LinkState
    detail: str
    cause: Cause | None = None


def check_health(cluster: Cluster, pipeline: Pipeline, clock: Clock) -> list[Link]:
    """Look at every link once, through a port-forward to Prometheus, which no network policy blocks."""
    errors: list[ClusterError] = []
    with (
        forward_service(cluster, pipeline.cluster.namespace, PROMETHEUS, report=errors.append) as forward,
        Prometheus(forward.url) as prometheus,
    ):
        return check_links(DeployedPipeline(cluster, pipeline, prometheus), clock, errors)


def check_links(deployed: DeployedPipeline, clock: Clock, errors: Sequence[ClusterError]) -> list[Link]:
    """Look at every link once; ``errors`` are those of the port-forward, the latest last."""
    checks: dict[str, Callable[[DeployedPipeline], CheckResult]] = {"targets": check_targets}
    if deployed.pipeline.collector.kubelet.enabled:
        checks["kubelet"] = check_kubelets
    checks["collector"] = check_collector
    try:
        return [_look(subject, check(deployed), deployed, clock) for subject, check in checks.items()]
    except (ClusterError, ObserveError) as error:
        reason = errors[-1] if errors else error
        state = LinkState.UNKNOWN if isinstance(reason, ForbiddenError) else LinkState.BROKEN
        return [Link("data", state, f"not checked: {getattr(reason, 'message', reason)}")]


def check_collector(deployed: DeployedPipeline) -> CheckResult:
    """Check that no collector loses, refuses or queues data, by the conditions of the alerts about it."""
    (group,) = (group for group in alerts.groups(deployed.pipeline) if group.name == COLLECTOR_ALERTS)
    wrong = []
    for rule in group.rules:
        if isinstance(rule, AlertingRule) and (samples := deployed.prometheus.query(rule.expr)):
            where = ", ".join(sorted({sample.labels.get("instance", "") for sample in samples} - {""}))
            wrong.append(f"{rule.alert}{f' at {where}' if where else ''}, see {rule.runbook}")
    return CheckResult(not wrong, "; ".join(wrong) or "nothing is lost, refused or held back")


def _look(subject: str, seen: CheckResult, deployed: DeployedPipeline, clock: Clock) -> Link:
    if seen.holds:
        return Link(subject, LinkState.WORKS, seen.detail)
    now = clock.now()
    diagnosis = CollectorDiagnosis(deployed, now - RECENT_SECONDS)
    cause = diagnosis.find_refusal(seen.nodes, now)
    cause = cause or TargetDiagnosis(deployed, now).find(seen.down)
    if cause is None:
        evidence = diagnosis.gather(seen.nodes)
        cause = Cause("", f"see the collector's log: kubeglass logs --cluster {COLLECTOR}", evidence)
    return Link(subject, LinkState.BROKEN, seen.detail, cause)
