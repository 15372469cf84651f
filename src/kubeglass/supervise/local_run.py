"""One local run: prepares, starts, waits for data, keeps everything up, and stops it."""

from __future__ import annotations

import time
from typing import Never

from kubeglass.catalog import HTTP_REQUESTS
from kubeglass.errors import KubeglassError
from kubeglass.model.metric_names import metric_names
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.processes import ProcessId, measure_age
from kubeglass.observe.prometheus import Prometheus, read_targets
from kubeglass.signals import StopSignals
from kubeglass.supervise.app.watch import SourceWatch
from kubeglass.supervise.listener import Pulse, RunListener
from kubeglass.supervise.ports import PortClaims
from kubeglass.supervise.preparation import GetBinaries, prepare, read_queries
from kubeglass.supervise.reload import ReadOptions, reload_apps, reload_run
from kubeglass.supervise.stack import Running, describe_run
from kubeglass.supervise.startup_wait import StartupWait, set_goal
from kubeglass.supervise.state.folder import locked_folder
from kubeglass.supervise.state.run_file import RUN_FILE, Phase, ReloadRecord, RunJournal, describe_error

BEAT_SECONDS = 1.0
#: Polling interval between two beats.
LOOK_SECONDS = 0.1


class LocalRun:
    """A run in this process.

    Args:
        read_options: returns the options, at the start and at every reload.
        listener: receives what happens.
        supervisor: this process; the run starts when it started.
    """

    def __init__(self, read_options: ReadOptions, listener: RunListener, supervisor: ProcessId) -> None:
        self._options = read_options()
        self._read_options = read_options
        self._listener = listener
        self._supervisor = supervisor
        self._was_up = False

    def run(self, get_binaries: GetBinaries) -> bool:
        """Run until interrupted, and stop everything.

        Args:
            get_binaries: gets the engines' programs, by name.

        Returns:
            Whether the run was up when it was interrupted.

        Raises:
            KubeglassError: it did not come up.
        """
        root = self._options.root
        with StopSignals() as signals, PortClaims() as claims:
            try:
                with (
                    locked_folder(root, self._listener.note),
                    RunJournal(root / RUN_FILE, describe_run(self._options, self._supervisor)) as journal,
                ):
                    self._run(get_binaries, journal, signals, claims)
            except KeyboardInterrupt:
                return self._was_up

    def _run(self, get_binaries: GetBinaries, journal: RunJournal, signals: StopSignals, claims: PortClaims) -> Never:
        stack = prepare(self._options, get_binaries, claims, self._listener.note)
        with Running(stack, journal, signals, claims) as running:
            try:
                self._wait_until_up(running)
                self._keep(running, signals)
            finally:
                self._listener.waiting("everything to stop")

    def _wait_until_up(self, running: Running) -> None:
        startup = StartupWait(running, self._listener)
        startup.wait_for_processes()
        began = time.time() - measure_age(self._supervisor)
        result = startup.wait_for_data(set_goal(running.stack, began, read_queries(running.stack)))
        titles = list(dict.fromkeys(empty.query.panel_title for empty in result.empty_panels))
        if titles:
            self._listener.note(f"dashboard: these panels have no data: {', '.join(titles)}")
        seconds = round(measure_age(self._supervisor), 2)
        if self._options.watch:
            self._listener.note(f"{self._options.folder}: watched; an edit reloads the app, --no-watch turns that off")
        self._was_up = True
        self._listener.up(running.journal.change(phase=Phase.UP, waiting_for="", first_data_seconds=seconds))

    def _keep(self, running: Running, signals: StopSignals) -> Never:
        settings = running.stack.settings
        watch = SourceWatch(self._options.folder) if self._options.watch else None
        with Prometheus(settings.url(settings.ports.prometheus), timeout_seconds=2.0) as prometheus:
            while True:
                if signals.wants_reload:
                    signals.wants_reload = False
                    self._reload(running)
                if watch and (changed := watch.find_changes()):
                    self._reload_apps(running, changed)
                self._listener.beat(self._measure(running, prometheus))
                next_beat = time.monotonic() + BEAT_SECONDS
                while not signals.wants_reload and time.monotonic() < next_beat:
                    time.sleep(LOOK_SECONDS)

    def _reload(self, running: Running) -> None:
        last = running.journal.record.reload
        number = last.number + 1 if last else 1
        try:
            summary = str(reload_run(running, self._read_options, self._listener))
            record = ReloadRecord(number, summary)
        except KubeglassError as error:
            summary = str(error)
            record = ReloadRecord(number, error=describe_error(error))
        self._listener.note(f"reload: {summary}")
        running.journal.change(reload=record, waiting_for="")

    def _reload_apps(self, running: Running, changed: list[str]) -> None:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        try:
            reload_apps(running)
        except KubeglassError as error:
            self._listener.note(f"{changed[0]}{more} changed: not reloaded, the old code still runs: {error}")
        else:
            self._listener.note(f"{changed[0]}{more} changed: reloaded")

    def _measure(self, running: Running, prometheus: Prometheus) -> Pulse:
        manager, pipeline = running.manager, running.stack.options.pipeline
        jobs = [app.name for app in pipeline.apps]
        window = max(pipeline.scrape.shortest_window, 4.0)
        try:
            health = read_targets(prometheus, jobs, window_seconds=window)
            rate = prometheus.value(
                f"sum({metric_names(pipeline.apps).rate(HTTP_REQUESTS.name, '', f'{window:.0f}s')})"
            )
        except ObserveError:
            return Pulse(manager.statuses(), targets=len(jobs))
        return Pulse(manager.statuses(), rate, len(health.up), len(jobs))
