"""One local run from start to end: prepare, start, see data, keep it up, stop everything."""

from __future__ import annotations

import time
from typing import Never

from kubeglass.catalog import HTTP_REQUESTS
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.processes import ProcessId
from kubeglass.observe.prometheus import Prometheus
from kubeglass.observe.targets import read_targets
from kubeglass.supervise.awaiting import Awaiting
from kubeglass.supervise.child import RealSpawner
from kubeglass.supervise.clock import SystemClock
from kubeglass.supervise.guard import Guard
from kubeglass.supervise.interruption import Interruption
from kubeglass.supervise.listener import Pulse, RunListener
from kubeglass.supervise.manager import Manager
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.preparation import GetBinaries, Preparation, prepare
from kubeglass.supervise.run_file import Phase, RunRecord
from kubeglass.supervise.run_journal import RunJournal
from kubeglass.supervise.sight import Goal, Sight
from kubeglass.supervise.stack import Stack, plan_processes
from kubeglass.supervise.state_folder import HoldFiles, StateFolder
from kubeglass.supervise.supervised import Surroundings

BEAT_SECONDS = 1.0


class LocalRun:
    """A run in this process's foreground.

    Args:
        options: what it is asked to do.
        listener: hears what happens.
        supervisor: this process; its start is the run's.
    """

    def __init__(self, options: RunOptions, listener: RunListener, supervisor: ProcessId) -> None:
        self._options = options
        self._listener = listener
        self._supervisor = supervisor
        self._was_up = False

    def run(self, get_binaries: GetBinaries) -> bool:
        """Run until interrupted; nothing runs any more when this returns or raises.

        Args:
            get_binaries: brings the engines: name to program.

        Returns:
            Whether the run was up when it was interrupted.

        Raises:
            KubeglassError: it did not come up; see :func:`~kubeglass.supervise.preparation.prepare` and
                :class:`~kubeglass.supervise.awaiting.Awaiting` for what may be wrong.
        """
        folder = StateFolder(self._options.root)
        with Interruption() as interruption:
            try:
                for note in folder.take():
                    self._listener.note(note)
                preparation = prepare(self._options, get_binaries)
                for note in preparation.notes:
                    self._listener.note(note)
                with _Running(preparation, self._supervisor, interruption) as running:
                    try:
                        self._wait_until_up(running, preparation)
                        self._keep(running, preparation)
                    finally:
                        self._listener.waiting("everything to stop")
            except KeyboardInterrupt:
                return self._was_up
            finally:
                folder.release()

    def _wait_until_up(self, running: _Running, preparation: Preparation) -> None:
        deadline = time.monotonic() + self._options.timeout_seconds
        awaiting = Awaiting(preparation.stack, running.manager, self._listener, running.tail, deadline)
        awaiting.wait_for_processes()
        goal = Goal(
            tuple(app.name for app in self._options.pipeline.apps),
            self._supervisor.created,
            preparation.queries,
            panels_required=bool(preparation.stack.own_apps),
        )
        self._note_empty_panels(awaiting.wait_for_data(goal))
        seconds = round(time.time() - self._supervisor.created, 2)
        self._was_up = True
        self._listener.up(running.journal.change(phase=Phase.UP, first_data_seconds=seconds))

    def _note_empty_panels(self, sight: Sight) -> None:
        titles = list(dict.fromkeys(empty.query.panel_title for empty in sight.empty_panels))
        if titles:
            self._listener.note(f"dashboard: these panels have no data: {', '.join(titles)}")

    def _keep(self, running: _Running, preparation: Preparation) -> Never:
        settings = preparation.stack.settings
        with Prometheus(settings.url(settings.ports.prometheus), timeout_seconds=2.0) as prometheus:
            while True:
                self._listener.beat(self._measure(running.manager, prometheus))
                time.sleep(BEAT_SECONDS)

    def _measure(self, manager: Manager, prometheus: Prometheus) -> Pulse:
        jobs = [app.name for app in self._options.pipeline.apps]
        window = max(self._options.pipeline.scrape.shortest_window, 4.0)
        try:
            health = read_targets(prometheus, jobs, window_seconds=window)
            rate = prometheus.value(f"sum(rate({HTTP_REQUESTS.name}[{window:.0f}s]))")
        except ObserveError:
            return Pulse(manager.statuses(), targets=len(jobs))
        return Pulse(manager.statuses(), rate, len(health.up), len(jobs))


class _Running:
    """The processes of a run while they run; leaving it stops them."""

    def __init__(self, preparation: Preparation, supervisor: ProcessId, interruption: Interruption) -> None:
        stack = preparation.stack
        self._guard = Guard()
        self._interruption = interruption
        self._spawner = RealSpawner(stack.settings.logs, self._guard)
        specs = plan_processes(stack)
        self.journal = RunJournal(stack.settings.run_file, _first_record(stack, supervisor))
        surroundings = Surroundings(self._spawner, SystemClock(), HoldFiles(stack.settings.root))
        self.manager = Manager(specs, surroundings, self.journal.note_statuses)

    def __enter__(self) -> _Running:
        self.manager.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._interruption.begin_stopping(self.manager.hurry)
        self.journal.change(phase=Phase.STOPPING)
        self.manager.stop()
        self._guard.close()
        self.journal.remove()

    def tail(self, name: str, count: int) -> tuple[str, ...]:
        return self._spawner.buffer(name).tail(count)


def _first_record(stack: Stack, supervisor: ProcessId) -> RunRecord:
    settings = stack.settings
    addresses = {
        "page": settings.url(settings.ports.viewer),
        **{name: settings.url(port) for name, port in settings.ports.apps.items()},
        "prometheus": settings.url(settings.ports.prometheus),
    }
    return RunRecord(
        supervisor=supervisor,
        command=stack.options.command,
        phase=Phase.STARTING,
        detached=stack.options.detached,
        started_at=supervisor.created,
        addresses=addresses,
        prometheus=addresses["prometheus"],
        scrape_interval=stack.options.pipeline.scrape.interval,
    )
