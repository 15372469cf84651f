"""Several processes together: order of start and stop, and news to whoever keeps the run file."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from kubeglass.observe.probes import ProbeResult
from kubeglass.supervise.process.child import Child, ExitCallback
from kubeglass.supervise.process.context import Backoff, SupervisorContext
from kubeglass.supervise.process.manager import Manager, ProcessStatus
from kubeglass.supervise.process.spec import ProcessSpec
from kubeglass.supervise.process.state_machine import State
from tests.unit.supervise.process.fakes import READY, SILENT, AlwaysProbe, FakeSpawner, HandClock

NOTHING_HELD = frozenset[str]().__contains__
READY_PROBE, SILENT_PROBE = AlwaysProbe(), AlwaysProbe(SILENT)


class Run:
    """A manager of pretended processes, driven step by step."""

    def __init__(self, *specs: ProcessSpec) -> None:
        self.spawner = FakeSpawner()
        self.clock = HandClock()
        self.changes: list[list[ProcessStatus]] = []
        around = SupervisorContext(
            self.spawner, NOTHING_HELD, self.clock, Backoff(first_seconds=1.0), starting_probe_seconds=0.0
        )
        self.manager = Manager(specs, around, self.changes.append)

    def step_until(self, *states: State) -> None:
        for _ in range(500):
            self.manager.step(timeout_seconds=0.01)
            if self.states == list(states):
                return
        raise AssertionError(f"stayed {self.states}")

    @property
    def states(self) -> list[State]:
        return [status.state for status in self.manager.statuses()]


def spec(name: str, *after: str, ready: bool = True) -> ProcessSpec:
    probe = READY_PROBE if ready else SILENT_PROBE
    return ProcessSpec(name, (name,), Path("/"), readiness=probe, after=after)


def test_a_process_waits_for_those_it_needs() -> None:
    run = Run(spec("storage"), spec("app"), spec("collector", "storage", "app"))

    run.manager.step(timeout_seconds=0.0)
    assert run.spawner.started == ["storage", "app"]
    run.step_until(State.RUNNING, State.RUNNING, State.RUNNING)

    assert run.spawner.started == ["storage", "app", "collector"]


def test_a_process_never_starts_before_what_it_needs_is_ready() -> None:
    run = Run(spec("storage", ready=False), spec("collector", "storage"))

    for _ in range(20):
        run.manager.step(timeout_seconds=0.0)

    assert run.states == [State.STARTING, State.WAITING]


def test_a_process_that_died_is_started_again_and_the_news_is_told() -> None:
    run = Run(spec("app"))
    run.step_until(State.RUNNING)
    run.changes.clear()

    run.spawner.children[0].exit(3)
    run.step_until(State.BACKOFF)
    run.clock.now += 2.0
    run.step_until(State.RUNNING)

    assert [change[0].state for change in run.changes] == [State.BACKOFF, State.STARTING, State.RUNNING]
    assert run.changes[-1][0].restarts == 1
    assert run.changes[-1][0].last_error == "exited with code 3"


def test_everything_stops_in_reverse_order_one_after_the_other() -> None:
    run = Run(spec("storage"), spec("app"), spec("collector"))
    run.step_until(State.RUNNING, State.RUNNING, State.RUNNING)
    storage, app, collector = run.spawner.children

    run.manager._events.put(run.manager._group.stop)
    run.step_until(State.RUNNING, State.RUNNING, State.TERMINATING)
    assert (storage.told, app.told) == ([], [])
    collector.exit(0)
    run.step_until(State.RUNNING, State.TERMINATING, State.STOPPED)
    app.exit(0)
    run.step_until(State.TERMINATING, State.STOPPED, State.STOPPED)
    storage.exit(0)

    run.step_until(State.STOPPED, State.STOPPED, State.STOPPED)


def test_hurrying_kills_everything_at_once() -> None:
    run = Run(spec("storage"), spec("app"))
    run.step_until(State.RUNNING, State.RUNNING)

    run.manager.hurry()
    run.step_until(State.KILLING, State.KILLING)

    assert [child.told for child in run.spawner.children] == [["terminate", "kill"]] * 2


def test_a_changed_definition_touches_only_what_differs() -> None:
    run = Run(spec("storage"), spec("app"), spec("lost"))
    run.step_until(State.RUNNING, State.RUNNING, State.RUNNING)
    storage, app, lost = run.spawner.children

    run.manager._events.put(
        lambda: run.manager._group.change([spec("storage"), replace(spec("app"), argv=("new",)), spec("found", "app")])
    )
    run.step_until(State.RUNNING, State.RENEWING, State.WAITING, State.TERMINATING)
    app.exit(0)
    lost.exit(0)
    run.step_until(State.RUNNING, State.RUNNING, State.RUNNING)

    assert storage.told == []
    assert [status.name for status in run.manager.statuses()] == ["storage", "app", "found"]
    assert run.spawner.started == ["storage", "app", "lost", "app", "found"]


def test_only_those_named_read_their_configuration_anew() -> None:
    run = Run(spec("storage"), spec("app"))
    run.step_until(State.RUNNING, State.RUNNING)

    run.manager._group.reread(["storage"])

    assert [child.told for child in run.spawner.children] == [["reread"], []]


def test_what_is_no_longer_wanted_is_stopped_with_the_rest() -> None:
    run = Run(spec("storage"), spec("lost"))
    run.step_until(State.RUNNING, State.RUNNING)
    storage, lost = run.spawner.children

    run.manager._group.change([spec("storage")])
    run.manager._group.stop()
    run.step_until(State.TERMINATING, State.TERMINATING)
    storage.exit(0)
    assert not run.manager._group.is_stopped
    lost.exit(0)
    run.step_until(State.STOPPED)

    assert run.manager._group.is_stopped


class Faulty(FakeSpawner):
    """Has a fault that is not the system's."""

    def spawn(self, spec: ProcessSpec, on_exit: ExitCallback) -> Child:
        raise ZeroDivisionError("division by zero")


def test_a_fault_in_the_managers_thread_reaches_who_asks_it() -> None:
    manager = Manager([spec("app")], SupervisorContext(Faulty(), NOTHING_HELD), print)
    manager.start()

    with pytest.raises(ZeroDivisionError):
        manager.do(lambda _: None)
    with pytest.raises(ZeroDivisionError):
        manager.statuses()
    manager.stop()


class FaultyProbe:
    """Fails the first time, against its promise."""

    def __init__(self) -> None:
        self.looks = 0

    def check(self) -> ProbeResult:
        self.looks += 1
        if self.looks == 1:
            raise RuntimeError("cannot start new thread")
        return READY


def test_a_look_that_fails_is_taken_again() -> None:
    run = Run(ProcessSpec("app", ("app",), Path("/"), readiness=FaultyProbe()))

    run.step_until(State.RUNNING)


class Obedient(FakeSpawner):
    """Its processes end when they are asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.spawned = threading.Event()

    def spawn(self, spec: ProcessSpec, on_exit: ExitCallback) -> Child:
        child = super().spawn(spec, on_exit)
        child.terminate = lambda: on_exit(child, 0)  # type: ignore[method-assign]
        self.spawned.set()
        return child


def test_a_manager_with_a_thread_of_its_own_returns_from_stop_when_nothing_runs() -> None:
    spawner = Obedient()
    manager = Manager([spec("app")], SupervisorContext(spawner, NOTHING_HELD), print)
    manager.start()
    assert spawner.spawned.wait(10)

    manager.stop()

    assert [status.state for status in manager.statuses()] == [State.STOPPED]
