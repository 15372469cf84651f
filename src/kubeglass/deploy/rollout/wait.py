"""Wait until everything applied is ready; stop early, with the cause, when waiting cannot help."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import UnreachableClusterError
from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.causes.cause import Cause
from kubeglass.deploy.rollout.baseline import Baseline, generation_of
from kubeglass.deploy.rollout.diagnosis import describe_delay, find_cause
from kubeglass.deploy.rollout.status import WORKLOADS, Progress, State, read_progress, waiting
from kubeglass.errors import ClusterError

#: Polling interval in seconds; pods take seconds, and each poll costs one request per object.
POLL_SECONDS = 0.5
#: Seconds between searches for a cause, which read pods and events.
CAUSE_SECONDS = 2.0

Report = Callable[[Mapping[ObjectKey, Progress]], None]
"""Called with the progress of every object whenever one has changed."""

Objects = Mapping[ObjectKey, dict[str, Any] | None]
"""Objects as they are on the cluster; None where one does not exist."""


class Clock:
    """The machine's monotonic clock; a test's clock is a subclass."""

    def now(self) -> float:
        """Return the seconds since an arbitrary moment; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(slots=True)
class Rollout:
    """A wait for the objects of ``keys``.

    ``report`` is called at every change; ``baseline`` is what was wrong before, and no evidence now.
    """

    cluster: Cluster
    keys: list[ObjectKey]
    clock: Clock
    report: Report
    baseline: Baseline
    progress: dict[ObjectKey, Progress] = field(init=False, default_factory=dict)
    #: The cause last found of each object, and the clock's time when it was first found.
    suspected: dict[ObjectKey, tuple[Cause, float]] = field(init=False, default_factory=dict)
    searched_at: float = field(init=False, default=-math.inf)

    def wait(self, timeout: float) -> None:
        """Poll until all objects are ready.

        Raises:
            ClusterError: an object cannot become ready, or does not in ``timeout`` seconds; with events and log lines.
        """
        deadline = self.clock.now() + timeout
        while True:
            is_over = self.clock.now() >= deadline
            try:
                awaited = self._look()
                if not awaited:
                    return
                if is_over:
                    raise self._give_up(awaited, timeout)
            except UnreachableClusterError:
                # An API server that is being replaced, as on a single-server K3s, is away for some seconds.
                if is_over:
                    raise
            self.clock.sleep(POLL_SECONDS)

    def _look(self) -> Objects:
        seen = {key: self.cluster.get(key) for key in self.keys if not self._is_ready(key)}
        now = {key: self._judge(key, item) for key, item in seen.items()}
        if any(self.progress.get(key) != progress for key, progress in now.items()):
            self.progress.update(now)
            self.report(self.progress)
        awaited = {key: item for key, item in seen.items() if now[key].state is not State.READY}
        for key, item in awaited.items():
            if now[key].state is State.FAILED:
                raise self._fail(key, Cause(now[key].message, evidence=self._evidence(item)))
        self._search_causes(awaited)
        return awaited

    def _judge(self, key: ObjectKey, item: dict[str, Any] | None) -> Progress:
        progress = read_progress(item)
        if item and progress.state is State.FAILED and (key, generation_of(item)) in self.baseline.failed:
            return waiting("to recover from an earlier failure")
        if progress.state is State.WAITING and key in self.suspected:
            return waiting(f"{progress.message} ({self.suspected[key][0].message})")
        return progress

    def _search_causes(self, awaited: Objects) -> None:
        now = self.clock.now()
        if now - self.searched_at < CAUSE_SECONDS:
            return
        self.searched_at = now
        found = {
            key: cause
            for key, item in awaited.items()
            if item and key.kind in WORKLOADS and (cause := find_cause(self.cluster, item, self.baseline.events))
        }
        before, self.suspected = self.suspected, {}
        for key, cause in found.items():
            known, since = before.get(key, (cause, now))
            self.suspected[key] = (cause, since if known.message == cause.message else now)
        for key, (cause, since) in self.suspected.items():
            if now - since >= cause.patience:
                raise self._fail(key, cause)

    def _is_ready(self, key: ObjectKey) -> bool:
        progress = self.progress.get(key)
        return progress is not None and progress.state is State.READY

    def _evidence(self, item: dict[str, Any] | None) -> tuple[str, ...]:
        return describe_delay(self.cluster, item) if item and item["kind"] in WORKLOADS else ()

    @staticmethod
    def _fail(key: ObjectKey, cause: Cause) -> ClusterError:
        wrong = "cannot become ready"
        return ClusterError(str(key), wrong, found=cause.message, hint=cause.hint, details=cause.evidence)

    def _give_up(self, awaited: Objects, timeout: float) -> ClusterError:
        lines = [f"{key} waits {self.progress[key].message}" for key in awaited]
        for key, item in awaited.items():
            lines += [f"{key}: {line}" for line in self._evidence(item)]
        fixes = [cause.hint for cause, _ in self.suspected.values()] or ["see the events and log lines below"]
        return ClusterError(
            "rollout",
            f"is not complete after {timeout:.0f} s",
            found=lines[0],
            hint="; or ".join([*dict.fromkeys(fixes), "raise --timeout"]),
            details=tuple(lines),
        )
