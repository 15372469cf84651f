"""Keeps the processes of a run alive: a thread starts and stops them in order and drives their state machines."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from kubeglass.observe.probes import Probe, ProbeResult
from kubeglass.observe.processes import ProcessId
from kubeglass.supervise.process.child import Child
from kubeglass.supervise.process.context import SupervisorContext
from kubeglass.supervise.process.spec import ProcessSpec
from kubeglass.supervise.process.state_machine import Event, State
from kubeglass.supervise.process.supervised import Post, Supervised

#: Longest time between two turns of the loop, so that deadlines fire in time.
TICK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """The status of one process.

    Args:
        name: its name.
        state: its state.
        identity: its pid and start time, or None if it is not running.
        restarts: number of restarts.
        address: its address, if people open it.
        last_error: how it last died or stopped responding, if it did.
    """

    name: str
    state: State
    identity: ProcessId | None
    restarts: int
    address: str = ""
    last_error: str = ""


#: A probe that is due now, with the process and the child that it is for.
DueProbe = tuple[Supervised, Child, Probe]


class ProcessGroup:
    """Drives every process's state machine; not thread-safe, one thread drives it.

    Args:
        specs: the processes, each after those it needs; they are stopped in reverse order, one after the other.
        context: how they are started and watched.
        post: queues a function for the driving thread.
    """

    def __init__(self, specs: Sequence[ProcessSpec], context: SupervisorContext, post: Post) -> None:
        self._context = context
        self._post = post
        self._processes = {spec.name: self._supervise(spec) for spec in specs}
        self._leaving: list[Supervised] = []
        self._stopping = False

    @property
    def is_stopped(self) -> bool:
        """Whether everything was asked to stop and nothing is running."""
        return self._stopping and all(process.state is State.STOPPED for process in self._everyone())

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
            _stop_next(self._processes)
        else:
            _start_next(self._processes)
        for process in self._leaving:
            process.stop()
        self._leaving = [process for process in self._leaving if process.state is not State.STOPPED]
        due = [(process, process.tick()) for process in self._everyone()]
        return [(process, process.child, probe) for process, probe in due if probe and process.child]

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
                restarts=max(process.starts - 1, 0),
                address=process.spec.address,
                last_error=process.last_error,
            )
            for process in self._everyone()
        ]

    def _everyone(self) -> list[Supervised]:
        return [*self._processes.values(), *self._leaving]

    def _supervise(self, spec: ProcessSpec) -> Supervised:
        return Supervised(spec, self._context, self._post)


def _start_next(processes: Mapping[str, Supervised]) -> None:
    """Start every process whose dependencies are ready."""
    for process in processes.values():
        needed = (processes[name] for name in process.spec.after)
        if process.state is State.WAITING and all(other.state is State.RUNNING for other in needed):
            process.handle(Event.START)


def _stop_next(processes: Mapping[str, Supervised]) -> None:
    """Stop the last process that is not stopped yet."""
    for process in reversed(list(processes.values())):
        process.stop()
        if process.state is not State.STOPPED:
            return


class Manager:
    """Starts, watches, restarts and stops processes; its methods may be called from any thread.

    Args:
        specs: the processes, each after those it needs; they are stopped in reverse order.
        context: how they are started and watched.
        on_change: called in the manager's thread with every process's status whenever one of them changed.

    A bug in its thread is raised by every later call of :meth:`do` and :meth:`statuses`: unsupervised processes must
    not pass for a run.
    """

    def __init__(
        self, specs: Sequence[ProcessSpec], context: SupervisorContext, on_change: Callable[[list[ProcessStatus]], None]
    ) -> None:
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._group = ProcessGroup(specs, context, self._events.put)
        self._on_change = on_change
        self._statuses = self._group.statuses()
        self._probers = ThreadPoolExecutor(max_workers=max(len(specs), 1), thread_name_prefix="probe")
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._loop, name="manager", daemon=True)

    def start(self) -> None:
        """Start; each process starts once those it needs are ready."""
        self._thread.start()

    def stop(self) -> None:
        """Stop everything, each process with its grace period; return once nothing runs."""
        self._events.put(self._group.stop)
        while self._thread.is_alive():
            # Without a timeout, join would block a second Ctrl-C.
            self._thread.join(0.1)
        self._probers.shutdown(wait=False, cancel_futures=True)

    def hurry(self) -> None:
        """Stop everything at once, without grace periods."""
        self._events.put(self._group.hurry)

    def do(self, action: Callable[[ProcessGroup], None]) -> None:
        """Run ``action`` in the manager's thread, and return once :meth:`statuses` shows the result."""
        done = threading.Event()

        def act() -> None:
            action(self._group)
            self._publish()
            done.set()

        self._events.put(act)
        while not done.wait(0.1) and self._thread.is_alive():
            pass
        self.statuses()

    def statuses(self) -> list[ProcessStatus]:
        """Return the status of every process, in the order given."""
        if self._fault is not None:
            raise self._fault
        return self._statuses

    def step(self, timeout_seconds: float = TICK_SECONDS) -> None:
        """Handle pending events, waiting at most ``timeout_seconds`` for the first, and do what is due."""
        try:
            self._events.get(timeout=timeout_seconds)()
            while True:
                self._events.get_nowait()()
        except queue.Empty:
            pass
        for due in self._group.tick():
            self._probers.submit(self._probe, *due)
        self._publish()

    def _loop(self) -> None:
        try:
            while not self._group.is_stopped:
                self.step()
        except Exception as error:  # noqa: BLE001  # raised in the callers' threads
            self._fault = error

    def _publish(self) -> None:
        statuses = self._group.statuses()
        changed, self._statuses = statuses != self._statuses, statuses
        if changed:
            self._on_change(statuses)

    def _probe(self, process: Supervised, child: Child, probe: Probe) -> None:
        try:
            result = probe.check()
        except Exception as error:  # noqa: BLE001  # without a result the process would never be probed again
            result = ProbeResult(ok=False, detail=f"the probe failed ({type(error).__name__}: {error})")
        self._events.put(lambda: process.note_probe(child, result))
