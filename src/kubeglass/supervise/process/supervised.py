"""One process under the state machine: every event goes through the table, every new state has one action."""

from __future__ import annotations

from kubeglass.observe.probes import Probe, ProbeResult
from kubeglass.supervise.process.context import SupervisorContext
from kubeglass.supervise.process.readiness import ProbeWatch
from kubeglass.supervise.process.spec import Child, ExitCallback, ProcessSpec, Spawner
from kubeglass.supervise.process.state_machine import ALIVE, Event, State, next_state


class Supervised:
    """A process that is kept as it should be; not thread-safe, one thread drives it.

    Args:
        spec: the process.
        context: what it shares with the others.
        on_exit: given to the spawner; it must bring the exit back to :meth:`note_exit` in the driving thread.
    """

    def __init__(self, spec: ProcessSpec, context: SupervisorContext, on_exit: ExitCallback) -> None:
        self.spec = spec
        self.state = State.WAITING
        self.child: Child | None = None
        self.started_at = 0.0
        self.restarts = 0
        self.last_error = ""
        """How it died or stopped answering the last time nobody had asked it to; empty if it never did."""
        self._context = context
        self._on_exit = on_exit
        self._failures = 0
        self._born = 0.0
        self._repaired = ""
        self._deadline: float | None = None
        self._watch = ProbeWatch(spec, context.probes)

    def handle(self, event: Event) -> None:
        """Handle ``event``: look up the new state and act on it.

        Raises:
            ImpossibleEventError: the table has no such transition.
        """
        self.state = next_state(self.state, event)
        self._deadline = None
        if event is Event.READY and self._repaired:
            self.last_error, self._repaired = self._repaired, ""
        self._act(event)

    def stop(self) -> None:
        """Ask it to stop, whatever it is doing; harmless if it is stopping or has stopped."""
        if self.state not in {State.TERMINATING, State.KILLING, State.STOPPED}:
            self.handle(Event.STOP)

    def renew(self, spec: ProcessSpec) -> None:
        """Run it as ``spec`` says: restart it if it runs, otherwise apply ``spec`` at its next start."""
        self.spec = spec
        self.last_error = ""
        self._watch = ProbeWatch(spec, self._context.probes)
        if self.state in {State.STARTING, State.RUNNING}:
            self.handle(Event.RENEW)

    def hurry(self) -> None:
        """Skip the grace period of a process that is stopping."""
        if self.state is State.TERMINATING:
            self.handle(Event.GRACE_OVER)

    def note_exit(self, child: Child, code: int) -> None:
        """Record that ``child`` exited; one that was already replaced is ignored."""
        if child is self.child and self.state in ALIVE:
            if self.state in {State.STARTING, State.RUNNING}:
                self.last_error = describe_exit(code)
                self._repaired = _repair(self.spec, self._context.spawner)
                if self._repaired:
                    # Not an error yet: it is reported once the process runs again, which it would not have otherwise.
                    self.last_error = ""
            self.child = None
            self.handle(Event.DIED)

    def note_probe(self, child: Child, result: ProbeResult) -> None:
        """Record the result of a probe of ``child``."""
        if child is not self.child:
            return
        now = self._context.clock.monotonic()
        if self.state is State.STARTING and result.answered:
            # Prometheus responds while it replays its log; a restart would begin the replay again.
            self._deadline = now + self.spec.ready_seconds
        event = self._watch.judge(self.state, result, now)
        if event is Event.UNHEALTHY:
            self.last_error = f"stopped answering ({result.detail})"
        if event is not None:
            self.handle(event)

    def tick(self) -> Probe | None:
        """Advance to the current time: fire what is due, and return the probe to make now, if any."""
        now = self._context.clock.monotonic()
        event = self._due_event(now)
        if event is not None:
            self.handle(event)
        if self.state is State.STARTING and self.spec.readiness is None:
            self.handle(Event.READY)
        return self._watch.take_due(self.state, now) if self.child else None

    def _due_event(self, now: float) -> Event | None:
        name = self.spec.name
        if self.state is State.HELD:
            return None if self._context.holds.is_held(name) else Event.RELEASE
        if self._deadline is None or now < self._deadline:
            return None
        if self.state is State.BACKOFF:
            return Event.HOLD if self._context.holds.is_held(name) else Event.DELAY_OVER
        if self.state is State.STARTING:
            self.last_error = f"was not ready within {self.spec.ready_seconds:g} s ({self._watch.last_detail})"
            return Event.UNHEALTHY
        return Event.GRACE_OVER

    def _act(self, event: Event) -> None:
        now = self._context.clock.monotonic()
        child = self.child
        match self.state:
            case State.STARTING:
                self._start(now)
            case State.BACKOFF:
                self._failures = self._context.backoff.count_failures(self._failures, now - self._born)
                self._deadline = now + self._context.backoff.delay(self._failures)
            case State.KILLING | State.RECYCLING | State.RENEWING if child and event is Event.GRACE_OVER:
                child.kill()
            case State.TERMINATING | State.RECYCLING | State.RENEWING if child:
                self._deadline = now + self.spec.grace_seconds
                child.terminate()

    def _start(self, now: float) -> None:
        self.restarts += 1 if self.started_at else 0
        self.started_at = self._context.clock.time()
        self._born = now
        self._deadline = now + self.spec.ready_seconds
        self._watch.reset(now)
        try:
            self.child = self._context.spawner.spawn(self.spec, self._on_exit)
        except OSError as error:
            self.last_error = f"cannot be executed ({error.strerror or error})"
            self.handle(Event.DIED)


def _repair(spec: ProcessSpec, spawner: Spawner) -> str:
    """Repair what the process died of, and say what was done; empty if nothing was."""
    notes = spec.repair(spawner.last_lines(spec.name))
    for note in notes:
        spawner.note(spec.name, note)
    return "; ".join(notes)


def describe_exit(code: int) -> str:
    """Describe how a process exited, from its exit code (negative: the signal that killed it)."""
    return f"was killed by signal {-code}" if code < 0 else f"exited with code {code}"
