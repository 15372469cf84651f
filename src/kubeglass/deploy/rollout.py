"""Wait until everything applied has settled; stop at once, with the cause, when waiting cannot help."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from kubeglass.deploy.cause import Cause, Reader, Restarts, describe_delay, find_cause, read_restarts
from kubeglass.deploy.clock import Clock
from kubeglass.deploy.objects import ObjectKey
from kubeglass.deploy.settled import Progress, State, judge
from kubeglass.errors import ClusterError

#: Seconds between two looks; pods take seconds, and each look costs one read an object.
POLL_SECONDS = 0.5
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})

Report = Callable[[Mapping[ObjectKey, Progress]], None]
"""Told the progress of every object whenever one of them changed."""


class Source(Reader, Protocol):
    """What a rollout reads from a cluster."""

    def get(self, key: ObjectKey) -> dict[str, Any] | None:
        """Read one object."""
        ...


@dataclass(slots=True)
class Rollout:
    """One wait for a set of objects.

    Args:
        source: the cluster.
        keys: the objects to wait for.
        clock: what to wait by.
        report: told about every change.
    """

    source: Source
    keys: list[ObjectKey]
    clock: Clock
    report: Report
    progress: dict[ObjectKey, Progress] = field(default_factory=dict)
    restarts: dict[ObjectKey, Restarts] = field(default_factory=dict)

    def wait(self, timeout: float) -> None:
        """Look again and again until all have settled.

        Args:
            timeout: seconds until the wait is given up.

        Raises:
            ClusterError: an object cannot settle, or did not within ``timeout``; says why, with events and log lines.
        """
        deadline = self.clock.now() + timeout
        while True:
            awaited = self._look()
            if not awaited:
                return
            if self.clock.now() >= deadline:
                raise self._give_up(awaited, timeout)
            self.clock.sleep(POLL_SECONDS)

    def _look(self) -> dict[ObjectKey, dict[str, Any] | None]:
        seen = {key: self.source.get(key) for key in self.keys if not self._is_settled(key)}
        now = {key: judge(item) for key, item in seen.items()}
        if any(self.progress.get(key) != progress for key, progress in now.items()):
            self.progress.update(now)
            self.report(self.progress)
        awaited = {key: item for key, item in seen.items() if now[key].state is not State.SETTLED}
        for key, item in awaited.items():
            if now[key].state is State.FAILED:
                raise self._fail(key, Cause(now[key].message, evidence=self._evidence(item)))
            self._look_for_cause(key, item)
        return awaited

    def _look_for_cause(self, key: ObjectKey, item: dict[str, Any] | None) -> None:
        if item is None or key.kind not in _WORKLOADS:
            return
        if key not in self.restarts:
            self.restarts[key] = read_restarts(self.source, item)
        cause = find_cause(self.source, item, self.restarts[key])
        if cause:
            raise self._fail(key, cause)

    def _is_settled(self, key: ObjectKey) -> bool:
        progress = self.progress.get(key)
        return progress is not None and progress.state is State.SETTLED

    def _evidence(self, item: dict[str, Any] | None) -> tuple[str, ...]:
        return describe_delay(self.source, item) if item and item["kind"] in _WORKLOADS else ()

    @staticmethod
    def _fail(key: ObjectKey, cause: Cause) -> ClusterError:
        wrong = "cannot become ready"
        return ClusterError(str(key), wrong, found=cause.message, hint=cause.hint, details=cause.evidence)

    def _give_up(self, awaited: Mapping[ObjectKey, dict[str, Any] | None], timeout: float) -> ClusterError:
        lines = [f"{key} waits {self.progress[key].message}" for key in awaited]
        for key, item in awaited.items():
            lines += [f"{key}: {line}" for line in self._evidence(item)]
        return ClusterError(
            "rollout",
            f"has not settled within {timeout:.0f} s",
            found=lines[0],
            hint="see the events and log lines below; --timeout gives it longer",
            details=tuple(lines),
        )


def wait_until_settled(
    source: Source, keys: Iterable[ObjectKey], *, timeout: float, clock: Clock, report: Report
) -> dict[ObjectKey, Progress]:
    """Wait for ``keys`` and return what each reached; see :meth:`Rollout.wait` for what it raises."""
    rollout = Rollout(source, list(keys), clock, report)
    rollout.wait(timeout)
    return rollout.progress
