"""The processes of one run together: what starts when, what stops after what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kubeglass.observe.probes import Probe
from kubeglass.supervise.process import Child, ExitCallback, ProcessSpec
from kubeglass.supervise.states import Event, State
from kubeglass.supervise.supervised import Supervised, Surroundings


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
        trouble: how it died last or what its endpoint said last, if anything was wrong.
    """

    name: str
    state: State
    pid: int | None
    restarts: int
    started_at: float
    address: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class DueProbe:
    """A look to take at one child now."""

    process: Supervised
    child: Child
    probe: Probe


class Roster:
    """Drives every process's state machine; not thread-safe, one thread drives it.

    Args:
        specs: the processes, each after those it needs; they are stopped in reverse order, one after the other.
        surroundings: how they are started and watched.
        make_on_exit: makes the callback that brings a process's exit back into the driving thread.
    """

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        surroundings: Surroundings,
        make_on_exit: Callable[[str], ExitCallback],
    ) -> None:
        self._processes = {spec.name: Supervised(spec, surroundings, make_on_exit(spec.name)) for spec in specs}
        self._stopping = False

    @property
    def is_stopped(self) -> bool:
        """Whether everything was asked to stop and nothing runs any more."""
        return self._stopping and all(process.state is State.STOPPED for process in self._processes.values())

    def find(self, name: str) -> Supervised:
        """Return the process called ``name``."""
        return self._processes[name]

    def tick(self) -> list[DueProbe]:
        """Let time pass for every process and return the looks to take now."""
        if self._stopping:
            self._stop_next()
        else:
            self._start_next()
        due = [(process, process.tick()) for process in self._processes.values()]
        return [DueProbe(process, process.child, probe) for process, probe in due if probe and process.child]

    def stop(self) -> None:
        """Begin to stop everything, the last of the list first."""
        self._stopping = True

    def hurry(self) -> None:
        """End the grace of whatever is ending, now and from now on."""
        self._stopping = True
        for process in self._processes.values():
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
                trouble=process.trouble,
            )
            for process in self._processes.values()
        ]

    def _start_next(self) -> None:
        for process in self._processes.values():
            needed = (self._processes[name] for name in process.spec.after)
            if process.state is State.WAITING and all(other.state is State.RUNNING for other in needed):
                process.handle(Event.START)

    def _stop_next(self) -> None:
        for process in reversed(self._processes.values()):
            process.stop()
            if process.state is not State.STOPPED:
                return
