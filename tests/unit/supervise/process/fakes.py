"""A clock turned by hand, processes that only pretend, and what a supervised process needs around it."""

from __future__ import annotations

from pathlib import Path

from kubeglass.observe.probes import ProbeResult
from kubeglass.observe.processes import ProcessId
from kubeglass.supervise.process.child import Child, ExitCallback, Spawner
from kubeglass.supervise.process.context import Backoff, SupervisorContext
from kubeglass.supervise.process.spec import ProcessSpec
from kubeglass.supervise.process.state_machine import State
from kubeglass.supervise.process.supervised import Supervised

READY = ProbeResult(ok=True)
SILENT = ProbeResult(ok=False, detail="connection refused")
BUSY = ProbeResult(ok=False, detail="answered 503", answered=True)


class HandClock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeChild(Child):
    """Remembers what it was told."""

    def __init__(self, pid: int, on_exit: ExitCallback) -> None:
        self.identity = ProcessId(pid, 0.0)
        self.on_exit = on_exit
        self.told: list[str] = []

    def terminate(self) -> None:
        self.told.append("terminate")

    def reread(self) -> None:
        self.told.append("reread")

    def kill(self) -> None:
        self.told.append("kill")

    def exit(self, code: int) -> None:
        self.on_exit(self, code)


class FakeSpawner(Spawner):
    """Pretends to start processes."""

    def __init__(self) -> None:
        self.children: list[FakeChild] = []
        self.specs: list[ProcessSpec] = []
        self.notes: list[str] = []
        self.fault: OSError | None = None
        self.lines: tuple[str, ...] = ()

    @property
    def started(self) -> list[str]:
        return [spec.name for spec in self.specs]

    def spawn(self, spec: ProcessSpec, on_exit: ExitCallback) -> Child:
        if self.fault is not None:
            raise self.fault
        self.specs.append(spec)
        self.children.append(FakeChild(len(self.children) + 1, on_exit))
        return self.children[-1]

    def last_lines(self, name: str) -> tuple[str, ...]:
        return self.lines

    def note(self, name: str, line: str) -> None:
        self.notes.append(f"{name}: {line}")


class AlwaysProbe:
    """Finds the same each time."""

    def __init__(self, result: ProbeResult = READY) -> None:
        self.result = result

    def check(self) -> ProbeResult:
        return self.result


class Bench:
    """One supervised process with everything around it under the test's control."""

    def __init__(self, *, with_readiness: bool = True) -> None:
        probe = AlwaysProbe() if with_readiness else None
        self.clock = HandClock()
        self.spawner = FakeSpawner()
        self.held: set[str] = set()
        spec = ProcessSpec("engine", ("engine",), Path("/"), readiness=probe, liveness=probe)
        around = SupervisorContext(
            self.spawner,
            self.held.__contains__,
            self.clock,
            Backoff(first_seconds=1.0, random=lambda: 0.0),
            starting_probe_seconds=0.1,
            running_probe_seconds=5.0,
        )
        self.process = Supervised(spec, around, lambda action: action())

    @property
    def child(self) -> FakeChild:
        return self.spawner.children[-1]

    def state(self) -> State:
        return self.process.state

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds
        self.process.tick()

    def probe(self, result: ProbeResult, after: float = 0.0) -> None:
        """Let time pass until a look is due, and answer it."""
        self.clock.now += after
        assert self.process.tick() is not None, "no look was due"
        self.process.note_probe(self.child, result)
