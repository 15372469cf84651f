"""Waits until a run is up, first for its processes, then for its data; after the deadline it reports what is wrong."""

from __future__ import annotations

import time
from collections.abc import Sequence

from kubeglass.dashboards.queries import PanelQuery
from kubeglass.errors import AppError, EngineError, KubeglassError
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.probes import send_probe
from kubeglass.observe.prometheus import Prometheus, needs_traffic
from kubeglass.supervise.end_to_end import LOG_LINES, EndToEndResult, Goal, check_end_to_end, diagnose
from kubeglass.supervise.listener import RunListener
from kubeglass.supervise.process.manager import ProcessStatus
from kubeglass.supervise.process.state_machine import State
from kubeglass.supervise.stack import Running, Stack

#: Polling intervals.
PROCESS_LOOK_SECONDS = 0.05
DATA_LOOK_SECONDS = 0.1

#: Log lines of an app shown with an error: gunicorn may add its own traceback to the app's.
APP_LOG_LINES = 40


class StartupWait:
    """Waits for one run, until the timeout in its options has passed.

    Args:
        running: the run.
        listener: receives what the run waits for.
    """

    def __init__(self, running: Running, listener: RunListener) -> None:
        self._running = running
        self._listener = listener
        self._options = running.stack.options
        self._deadline = time.monotonic() + self._options.timeout_seconds

    def wait_for_processes(self) -> None:
        """Wait until every process is ready.

        Raises:
            AppError: an app died or did not respond.
            EngineError: another process died or did not respond.
        """
        while True:
            statuses = self._running.manager.statuses()
            pending = [status for status in statuses if status.state is not State.RUNNING]
            failed = [status for status in pending if status.last_error]
            if failed:
                raise self._failure(failed[0], failed[0].last_error)
            if not pending:
                for status in statuses:
                    if status.last_error:
                        self._listener.note(status.last_error)
                return
            if time.monotonic() > self._deadline:
                starting = next((status for status in pending if status.state is State.STARTING), pending[0])
                raise self._failure(starting, f"was not ready within {self._options.timeout_seconds:g} s")
            self._report(f"{', '.join(status.name for status in pending)} to be ready")
            time.sleep(PROCESS_LOOK_SECONDS)

    def wait_for_data(self, goal: Goal) -> EndToEndResult:
        """Wait until the goal is reached.

        Raises:
            NoDataError: the deadline has passed; it names the broken link.
        """
        result: EndToEndResult | None = None
        settings = self._running.stack.settings
        with Prometheus(settings.url(settings.ports.prometheus)) as prometheus:
            while time.monotonic() < self._deadline:
                try:
                    result = check_end_to_end(prometheus, goal)
                except ObserveError as error:
                    self._report(str(error))
                else:
                    if result.complete:
                        return result
                    self._report(result.awaited)
                time.sleep(DATA_LOOK_SECONDS)
        raise diagnose(self._running.stack, result, self._running.tail)

    def _report(self, awaited: str) -> None:
        self._listener.waiting(awaited)
        self._running.journal.change(waiting_for=awaited)

    def _failure(self, status: ProcessStatus, last_error: str) -> KubeglassError:
        apps = {app.name: app.module or "" for app in self._options.own_apps}
        details = self._running.tail(status.name, APP_LOG_LINES if status.name in apps else LOG_LINES)
        silent = status.state is State.STARTING and status.address
        found = f"no answer at {status.address}" if silent else ""
        if status.name in apps:
            return AppError(apps[status.name], last_error, found=found, details=details)
        return EngineError(status.name, last_error, found=found, details=details)


def set_goal(stack: Stack, since: float, queries: Sequence[PanelQuery]) -> Goal:
    """Send each instrumented app a probe, and return what must be seen before the run is up.

    Args:
        stack: the run; its processes are ready.
        since: when it began, in seconds since the epoch.
        queries: queries of the dashboard's panels. Those that need requests count only for the demo, which has traffic.
    """
    settings, options = stack.settings, stack.options
    apps, ports = options.pipeline.apps, settings.ports.apps
    probed = tuple(app.name for app in options.own_apps if send_probe(settings.url(ports[app.name]), app.metrics_path))
    if probed and not options.demo:
        queries = [query for query in queries if not needs_traffic(query, apps)]
    return Goal(tuple(app.name for app in apps), since, probed, queries, panels_required=bool(probed))
