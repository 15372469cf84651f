"""One process under the state machine: every event goes through the table, every new state has one action."""

from __future__ import annotations

from collections.abc import Callable

from kubeglass.observe.probes import Probe, ProbeResult
from kubeglass.supervise.process.child import Child, Spawner
from kubeglass.supervise.process.context import SupervisorContext
from kubeglass.supervise.process.spec import ProcessSpec
from kubeglass.supervise.process.state_machine import ALIVE, Event, State, next_state

#: Queues a function for the thread that drives the state machines.
Post = Callable[[Callable[[], None]], None]


class ProbeWatch:
    """Decides when one process is probed next and turns results into events."""

    def __init__(self, spec: ProcessSpec, context: SupervisorContext) -> None:
        self._spec = spec
        self._context = context
        self.reset(0.0)

    def reset(self, now: float) -> None:
        """Forget earlier results: the process was restarted."""
        self._next_probe = now
        self._in_flight = False
        self._failed_in_a_row = 0
        self.last_detail = ""

    def take_due(self, state: State, now: float) -> Probe | None:
        """Return the probe to make now, if one is due; pass its result to :meth:`judge`."""
        if self._in_flight or now < self._next_probe:
            return None
        probe = {State.STARTING: self._spec.readiness, State.RUNNING: self._spec.liveness}.get(state)
        self._in_flight = probe is not None
        return probe

    def judge(self, state: State, result: ProbeResult, now: float) -> Event | None:
        """Record one result and return the event that follows from it, if any."""
        self._in_flight = False
        self.last_detail = result.detail
        if state is State.STARTING:
            self._next_probe = now + self._context.starting_probe_seconds
            return Event.READY if result.ok else None
        self._next_probe = now + self._context.running_probe_seconds
        self._failed_in_a_row = 0 if result.ok else self._failed_in_a_row + 1
        unhealthy = state is State.RUNNING and self._failed_in_a_row >= self._context.probe_failures
        return Event.UNHEALTHY if unhealthy else None


class Supervised:
    """A process that is kept in the wanted state; not thread-safe, one thread drives it.

    Args:
        spec: the process.
        context: what it shares with the others.
        post: queues a function for the driving thread; may be called from any thread.
    """

    def __init__(self, spec: ProcessSpec, context: SupervisorContext, post: Post) -> None:
        self.spec = spec
        self.state = State.WAITING
        self.child: Child | None = None
        self.starts = 0
        self.last_error = ""
        """How it last died or stopped responding unasked; empty if it never did."""
        self._context = context
        self._post = post
        self._failures = 0
        self._born = 0.0
        self._repaired = ""
        self._deadline: float | None = None
        self._watch = ProbeWatch(spec, context)

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
        """Stop it, whatever its state; does nothing if it is stopping or has stopped."""
        if self.state not in {State.TERMINATING, State.KILLING, State.STOPPED}:
            self.handle(Event.STOP)

    def renew(self, spec: ProcessSpec) -> None:
        """Run it as ``spec`` says: restart it if it runs, otherwise apply ``spec`` at its next start."""
        self.spec = spec
        self.last_error = ""
        self._watch = ProbeWatch(spec, self._context)
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
                self._repaired = _repair(self.spec, self._context.spawner)
                # A repair is reported only once the process runs again; until then the exit is no error.
                self.last_error = "" if self._repaired else describe_exit(code)
            self.child = None
            self.handle(Event.DIED)

    def note_probe(self, child: Child, result: ProbeResult) -> None:
        """Record the result of a probe of ``child``."""
        if child is not self.child:
            return
        now = self._context.clock()
        if self.state is State.STARTING and result.answered:
            # Prometheus responds while it replays its log; a restart would begin the replay again.
            self._deadline = now + self.spec.ready_seconds
        event = self._watch.judge(self.state, result, now)
        if event is Event.UNHEALTHY:
            self.last_error = f"stopped answering ({result.detail})"
        if event is not None:
            self.handle(event)

    def tick(self) -> Probe | None:
        """Handle what is due now, and return the probe to make, if any."""
        now = self._context.clock()
        event = self._due_event(now)
        if event is not None:
            self.handle(event)
        if self.state is State.STARTING and self.spec.readiness is None:
            self.handle(Event.READY)
        return self._watch.take_due(self.state, now) if self.child else None

    def _due_event(self, now: float) -> Event | None:
        name = self.spec.name
        if self.state is State.HELD:
            return None if self._context.is_held(name) else Event.RELEASE
        if self._deadline is None or now < self._deadline:
            return None
        if self.state is State.BACKOFF:
            return Event.HOLD if self._context.is_held(name) else Event.DELAY_OVER
        if self.state is State.STARTING:
            self.last_error = f"was not ready within {self.spec.ready_seconds:g} s ({self._watch.last_detail})"
            return Event.UNHEALTHY
        return Event.GRACE_OVER

    def _act(self, event: Event) -> None:
        now = self._context.clock()
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
        self.starts += 1
        self._born = now
        self._deadline = now + self.spec.ready_seconds
        self._watch.reset(now)
        try:
            self.child = self._context.spawner.spawn(
                self.spec, lambda child, code: self._post(lambda: self.note_exit(child, code))
            )
        except OSError as error:
            self.last_error = f"cannot be executed ({error.strerror or error})"
            self.handle(Event.DIED)


def _repair(spec: ProcessSpec, spawner: Spawner) -> str:
    """Repair what the process died of and return what was done; empty if nothing was."""
    notes = spec.repair(spawner.last_lines(spec.name)) if spec.repair else ()
    for note in notes:
        spawner.note(spec.name, note)
    return "; ".join(notes)


def describe_exit(code: int) -> str:
    """Describe an exit code (negative: the signal that killed the process)."""
    return f"was killed by signal {-code}" if code < 0 else f"exited with code {code}"
