"""The processes of one run as a group: the order they start and stop in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from kubeglass.observe.probes import Probe
from kubeglass.observe.processes import ProcessId
from kubeglass.supervise.process.context import SupervisorContext
from kubeglass.supervise.process.spec import Child, ExitCallback, ProcessSpec
from kubeglass.supervise.process.state_machine import Event, State
from kubeglass.supervise.process.supervised import Supervised


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """The status of one process.

    Args:
        name: its name.
        state: its state.
        identity: its pid and start time, or None if it is not running.
        restarts: how often it was started again.
        started_at: when it was started last, in seconds since the epoch; 0 if never.
        address: the address people open.
        last_error: how it last died or stopped responding, if it did.
    """

    name: str
    state: State
    identity: ProcessId | None
    restarts: int
    started_at: float
    address: str = ""
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class DueProbe:
    """A probe of one child that is due now."""

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
        """Whether everything was asked to stop and nothing is running."""
        return self._stopping and all(process.state is State.STOPPED for process in self._everyone())

    def note_exit(self, name: str, child: Child, code: int) -> None:
        """Record that a process called ``name`` exited; another may have taken the name meanwhile."""
        for process in self._everyone():
            if process.spec.name == name:
                process.note_exit(child, code)

    def change(self, specs: Sequence[ProcessSpec]) -> None:
        """Run these processes from now on: stop others, start new ones, restart changed ones."""
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
        """Ask these processes to reload their configuration; one that is not running reads it when it starts."""
        for name in names:
            child = self._processes[name].child
            if child is not None:
                child.reread()

    def tick(self) -> list[DueProbe]:
        """Advance every process to the current time and return the probes that are due."""
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
        """Begin to stop everything, in reverse order."""
        self._stopping = True

    def hurry(self) -> None:
        """Skip every grace period, now and from now on."""
        self._stopping = True
        for process in self._everyone():
            process.stop()
            process.hurry()

    def statuses(self) -> list[ProcessStatus]:
        """Return the status of every process, in the order given."""
        return [
            ProcessStatus(
                name=process.spec.name,
                state=process.state,
                identity=process.child.identity if process.child else None,
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
    """Start every process whose dependencies are ready."""
    for process in processes.values():
        needed = (processes[name] for name in process.spec.after)
        if process.state is State.WAITING and all(other.state is State.RUNNING for other in needed):
            process.handle(Event.START)


def stop_next(processes: Mapping[str, Supervised]) -> None:
    """Stop the last process that is not stopped yet."""
    for process in reversed(list(processes.values())):
        process.stop()
        if process.state is not State.STOPPED:
            return
