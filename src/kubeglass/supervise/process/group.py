"""The processes of one run together: what starts when, what stops after what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from kubeglass.observe.probes import Probe
from kubeglass.supervise.process.context import SupervisorContext
from kubeglass.supervise.process.spec import Child, ExitCallback, ProcessSpec
from kubeglass.supervise.process.state_machine import Event, State
from kubeglass.supervise.process.supervised import Supervised


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """What is known about one process at one moment.

    Args:
        name: its name.
        state: where it is in its life.
        pid: its process id, or None when it does not run.
        restarts: how often it was started again.
        started_at: when it was started last, in seconds since the epoch; 0 if never.
        address: where a person finds it.
        last_error: how it died last or what its endpoint said last, if anything was wrong.
    """

    name: str
    state: State
    pid: int | None
    restarts: int
    started_at: float
    address: str = ""
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class DueProbe:
    """A look to take at one child now."""

    process: Supervised
    child: Child
    probe: Probe


class ProcessGroup:
    """Drives every process's state machine; not thread-safe, one thread drives it.

    Args:
        specs: the processes, each after those it needs; they are stopped in reverse order, one after the other.
        context: how they are started and watched.
        make_on_exit: makes the callback that brings a process's exit back into the driving thread.
    """

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        context: SupervisorContext,
        make_on_exit: Callable[[str], ExitCallback],
    ) -> None:
        self._context = context
        self._make_on_exit = make_on_exit
        self._processes = {spec.name: self._supervise(spec) for spec in specs}
        self._leaving: list[Supervised] = []
        self._stopping = False

    @property
    def is_stopped(self) -> bool:
        """Whether everything was asked to stop and nothing runs any more."""
        return self._stopping and all(process.state is State.STOPPED for process in self._everyone())

    def note_exit(self, name: str, child: Child, code: int) -> None:
        """Take in that a process called ``name`` ended; another may have taken the name meanwhile."""
        for process in self._everyone():
            if process.spec.name == name:
                process.note_exit(child, code)

    def change(self, specs: Sequence[ProcessSpec]) -> None:
        """Run these processes from now on: others are stopped, new ones started, changed ones started anew."""
        before = self._processes
        self._processes = {}
        for spec in specs:
            process = before.pop(spec.name, None) or self._supervise(spec)
            self._processes[spec.name] = process
            if process.spec.runs_like(spec):
                process.spec = spec
            else:
                process.renew(spec)
        self._leaving += before.values()

    def reread(self, names: Collection[str]) -> None:
        """Have these processes read their configuration anew; one that does not run will do so anyway."""
        for name in names:
            child = self._processes[name].child
            if child is not None:
                child.reread()

    def tick(self) -> list[DueProbe]:
        """Let time pass for every process and return the looks to take now."""
        if self._stopping:
            stop_next(self._processes)
        else:
            start_next(self._processes)
        for process in self._leaving:
            process.stop()
        self._leaving = [process for process in self._leaving if process.state is not State.STOPPED]
        due = [(process, process.tick()) for process in self._everyone()]
        return [DueProbe(process, process.child, probe) for process, probe in due if probe and process.child]

    def stop(self) -> None:
        """Begin to stop everything, the last of the list first."""
        self._stopping = True

    def hurry(self) -> None:
        """End the grace of whatever is ending, now and from now on."""
        self._stopping = True
        for process in self._everyone():
            process.stop()
            process.hurry()

    def statuses(self) -> list[ProcessStatus]:
        """Return what is known about every process, in the order given."""
        return [
            ProcessStatus(
                name=process.spec.name,
                state=process.state,
                pid=process.child.pid if process.child else None,
                restarts=process.restarts,
                started_at=process.started_at,
                address=process.spec.address,
                last_error=process.last_error,
            )
            for process in self._everyone()
        ]

    def _everyone(self) -> list[Supervised]:
        return [*self._processes.values(), *self._leaving]

    def _supervise(self, spec: ProcessSpec) -> Supervised:
        return Supervised(spec, self._context, self._make_on_exit(spec.name))


def start_next(processes: Mapping[str, Supervised]) -> None:
    """Start whatever waits for nothing any more."""
    for process in processes.values():
        needed = (processes[name] for name in process.spec.after)
        if process.state is State.WAITING and all(other.state is State.RUNNING for other in needed):
            process.handle(Event.START)


def stop_next(processes: Mapping[str, Supervised]) -> None:
    """Stop the last that is not stopped yet."""
    for process in reversed(list(processes.values())):
        process.stop()
        if process.state is not State.STOPPED:
            return
