"""When to probe a process, and what several results in a row mean."""

from __future__ import annotations

from dataclasses import dataclass

from kubeglass.observe.probes import Probe, ProbeResult
from kubeglass.supervise.process.spec import ProcessSpec
from kubeglass.supervise.process.state_machine import Event, State


@dataclass(frozen=True, slots=True)
class ProbePolicy:
    """How often to probe and how many failures to tolerate.

    Args:
        starting_seconds: time between probes while it starts: short, people wait for it.
        running_seconds: time between probes while it runs.
        failures: probes in a row that must fail before a running process is recycled.
    """

    starting_seconds: float = 0.05
    running_seconds: float = 2.0
    failures: int = 3


class ProbeWatch:
    """Decides when one process is probed next and turns results into events.

    Args:
        spec: the process, with its readiness and liveness.
        policy: how often to probe and how many failures to tolerate.
    """

    def __init__(self, spec: ProcessSpec, policy: ProbePolicy) -> None:
        self._spec = spec
        self._policy = policy
        self._next_look = 0.0
        self._in_flight = False
        self._failed_in_a_row = 0
        self.last_detail = ""

    def reset(self, now: float) -> None:
        """Forget earlier results: another process has taken the name."""
        self._next_look = now
        self._in_flight = False
        self._failed_in_a_row = 0
        self.last_detail = ""

    def take_due(self, state: State, now: float) -> Probe | None:
        """Return the probe to make now, if one is due; its result must come back to :meth:`judge`."""
        if self._in_flight or now < self._next_look:
            return None
        probe = {State.STARTING: self._spec.readiness, State.RUNNING: self._spec.liveness}.get(state)
        self._in_flight = probe is not None
        return probe

    def judge(self, state: State, result: ProbeResult, now: float) -> Event | None:
        """Record one result and return the event that follows from it, if any."""
        self._in_flight = False
        self.last_detail = result.detail
        if state is State.STARTING:
            self._next_look = now + self._policy.starting_seconds
            return Event.READY if result.ok else None
        self._next_look = now + self._policy.running_seconds
        self._failed_in_a_row = 0 if result.ok else self._failed_in_a_row + 1
        unhealthy = state is State.RUNNING and self._failed_in_a_row >= self._policy.failures
        return Event.UNHEALTHY if unhealthy else None
