"""Keeps the processes of a run alive: one thread receives events and drives the state machines."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from kubeglass.observe.probes import ProbeResult
from kubeglass.supervise.process.context import SupervisorContext
from kubeglass.supervise.process.group import DueProbe, ProcessGroup, ProcessStatus
from kubeglass.supervise.process.spec import Child, ExitCallback, ProcessSpec

#: The loop turns at least this often, so that deadlines fire in time.
TICK_SECONDS = 0.05

ChangeCallback = Callable[[list[ProcessStatus]], None]


class Manager:
    """Starts, watches, restarts and stops processes; its methods may be called from any thread.

    Args:
        specs: the processes, each after those it needs; they are stopped in reverse order.
        context: how they are started and watched.
        on_change: called in the manager's thread with every process's status whenever one of them changed.

    A bug in its thread is raised by every later call of :meth:`do` and :meth:`statuses`: processes that
    nobody looks after must not pass for a run.
    """

    def __init__(
        self, specs: Sequence[ProcessSpec], context: SupervisorContext, on_change: ChangeCallback | None = None
    ) -> None:
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._group = ProcessGroup(specs, context, self._make_on_exit)
        self._on_change = on_change
        self._statuses = self._group.statuses()
        self._probers = ThreadPoolExecutor(max_workers=max(len(specs), 1), thread_name_prefix="probe")
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._loop, name="manager", daemon=True)

    def start(self) -> None:
        """Begin; each process starts as soon as those it needs are ready."""
        self._thread.start()

    def stop(self) -> None:
        """Stop everything, each process with its grace; returns when nothing runs any more."""
        self._events.put(self._group.stop)
        while self._thread.is_alive():
            # A join without end would keep a second Ctrl-C waiting too.
            self._thread.join(0.1)
        self._probers.shutdown(wait=False, cancel_futures=True)

    def hurry(self) -> None:
        """Stop everything at once, without grace."""
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
            self._probers.submit(self._probe, due)
        self._publish()

    def _loop(self) -> None:
        try:
            while not self._group.is_stopped:
                self.step()
        except Exception as error:  # noqa: BLE001  # whatever it is, the thread that shows errors must hear of it
            self._fault = error

    def _publish(self) -> None:
        statuses = self._group.statuses()
        changed, self._statuses = statuses != self._statuses, statuses
        if changed and self._on_change:
            self._on_change(statuses)

    def _probe(self, due: DueProbe) -> None:
        try:
            result = due.probe.check()
        except Exception as error:  # noqa: BLE001  # without a result the process would never be looked at again
            result = ProbeResult(ok=False, detail=f"the look failed ({type(error).__name__}: {error})")
        self._events.put(lambda: due.process.note_probe(due.child, result))

    def _make_on_exit(self, name: str) -> ExitCallback:
        def on_exit(child: Child, code: int) -> None:
            self._events.put(lambda: self._group.note_exit(name, child, code))

        return on_exit
