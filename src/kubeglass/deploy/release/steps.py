"""Take the steps that were tried: apply an object, or put a new one in the place of one that cannot change."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.ownership.managed_fields import take_over_fields
from kubeglass.deploy.release.apply import Applied, Change, apply_object, delete_object, wait_until_gone
from kubeglass.deploy.release.immutable import Recreation
from kubeglass.deploy.release.rehearsal import Step
from kubeglass.deploy.release.removal import Tell
from kubeglass.deploy.release.succession import Succession
from kubeglass.deploy.release.volumes import Way, drop, expand
from kubeglass.deploy.rollout.wait import Clock
from kubeglass.signals import signals_held


@dataclass(frozen=True, slots=True)
class Taking:
    """What every step of one deployment needs; ``timeout`` is for each volume and each object that must go first."""

    cluster: Cluster
    pipeline: str
    force: bool
    timeout: float
    clock: Clock
    tell: Tell

    def take(self, step: Step) -> Applied:
        """Take one step, and tell what happened.

        Raises:
            ClusterError: the server refused what it accepted when it was tried, or a volume is not expanded in time.
        """
        if step.takes_over:
            take_over_fields(self.cluster, step.key, pipeline=self.pipeline, given_up=step.given_up)
        if step.recreation:
            applied = self._recreate(step, step.recreation)
        elif step.change in {Change.UNCHANGED, Change.KEPT, Change.UNREAD}:
            applied = step.applied
        else:
            done = apply_object(self.cluster, step.item, namespace=self.pipeline, force=self.force)
            applied = replace(done, detail=step.applied.detail)
        self.tell(applied)
        return applied

    def take_over(self, step: Step, succession: Succession) -> None:
        """Take a step once the object is deleted that still has its address; nobody is reached in between.

        Raises:
            ClusterError: the server refused, or the old object still exists after the timeout.
        """
        old = succession.predecessor
        with signals_held():
            if gone := delete_object(self.cluster, old, pipeline=self.pipeline):
                wait_until_gone(self.cluster, [old], timeout=self.timeout, clock=self.clock)
                self.tell(gone)
            self.take(step)

    def _recreate(self, step: Step, recreation: Recreation) -> Applied:
        """Replace an object; the claims of a StatefulSet change while no controller recreates them."""
        for change in step.claims:
            if change.way is Way.EXPAND:
                expand(self.cluster, change, timeout=self.timeout, clock=self.clock)
        with ExitStack() as stack:
            if not recreation.ends_pods:
                # Pods may take minutes to end; nothing else does, and an interrupt would leave the object away.
                stack.enter_context(signals_held())
            self.cluster.delete(step.key, orphan=recreation.keeps_pods)
            wait_until_gone(self.cluster, [step.key], timeout=self.timeout, clock=self.clock)
            for change in step.claims:
                if change.way is Way.RECREATE:
                    drop(self.cluster, change, timeout=self.timeout, clock=self.clock)
            apply_object(self.cluster, step.item, namespace=self.pipeline, force=self.force)
        return step.applied
