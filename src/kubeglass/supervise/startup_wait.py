"""Waits until a run is up, first for its processes, then for its data; after the deadline it reports what is wrong."""

from __future__ import annotations

import time
from collections.abc import Sequence

from kubeglass.dashboards.queries import PanelQuery
from kubeglass.errors import AppError, EngineError, KubeglassError
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.probes import send_probe
from kubeglass.observe.prometheus import Prometheus, needs_traffic
from kubeglass.supervise.diagnosis import LOG_LINES, Evidence, Tail, diagnose
from kubeglass.supervise.end_to_end_check import EndToEndResult, Goal, check_end_to_end
from kubeglass.supervise.listener import RunListener
from kubeglass.supervise.process.group import ProcessStatus
from kubeglass.supervise.process.manager import Manager
from kubeglass.supervise.process.state_machine import State
from kubeglass.supervise.stack import Stack

LOOK_SECONDS = 0.1

#: gunicorn may add a traceback of its own to the application's; the application's must still be seen.
APP_LOG_LINES = 40


class StartupWait:
    """Waits for one run.

    Args:
        stack: the run.
        manager: manages its processes.
        listener: is told what is waited for.
        tail: returns the last lines of a process's log.
        deadline: when to give up, on the monotonic clock.
    """

    def __init__(self, stack: Stack, manager: Manager, listener: RunListener, tail: Tail, deadline: float) -> None:
        self._stack = stack
        self._manager = manager
        self._listener = listener
        self._tail = tail
        self._deadline = deadline

    def wait_for_processes(self) -> None:
        """Wait until every process is ready.

        Raises:
            AppError: an app died or did not respond.
            EngineError: another process died or did not respond.
        """
        while True:
            statuses = self._manager.statuses()
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
                seconds = self._stack.options.timeout_seconds
                starting = next((status for status in pending if status.state is State.STARTING), pending[0])
                raise self._failure(starting, f"was not ready within {seconds:g} s")
            self._listener.waiting(f"{', '.join(status.name for status in pending)} to be ready")
            time.sleep(LOOK_SECONDS / 2)

    def wait_for_data(self, goal: Goal) -> EndToEndResult:
        """Wait until the goal is seen.

        Raises:
            NoDataError: the deadline has passed; it names the link that is broken.
        """
        result: EndToEndResult | None = None
        with Prometheus(self._stack.settings.url(self._stack.settings.ports.prometheus)) as prometheus:
            while time.monotonic() < self._deadline:
                try:
                    result = check_end_to_end(prometheus, goal)
                except ObserveError as error:
                    self._listener.waiting(str(error))
                else:
                    if result.complete:
                        return result
                    self._listener.waiting(result.awaited)
                time.sleep(LOOK_SECONDS)
        raise diagnose(Evidence(self._stack, result, self._tail))

    def _failure(self, status: ProcessStatus, last_error: str) -> KubeglassError:
        apps = {app.name: app.module or "" for app in self._stack.own_apps}
        details = self._tail(status.name, APP_LOG_LINES if status.name in apps else LOG_LINES)
        silent = status.state is State.STARTING and status.address
        found = f"no answer at {status.address}" if silent else ""
        if status.name in apps:
            return AppError(apps[status.name], last_error, found=found, details=details)
        return EngineError(status.name, last_error, found=found, details=details)


def set_goal(stack: Stack, since: float, queries: Sequence[PanelQuery]) -> Goal:
    """Send each instrumented app its probe, and say what must be seen before the run is up.

    Args:
        stack: the run; its processes are ready.
        since: when it began, in seconds since the epoch.
        queries: queries of the dashboard's panels; those that need requests are left out, except for the demo,
            which has customers from the start.
    """
    settings, apps = stack.settings, stack.options.pipeline.apps
    ports = settings.ports.apps
    probed = tuple(app.name for app in stack.own_apps if send_probe(settings.url(ports[app.name]), app.metrics_path))
    if probed and not stack.options.demo:
        queries = [query for query in queries if not needs_traffic(query, apps)]
    return Goal(tuple(app.name for app in apps), since, probed, queries, panels_required=bool(probed))
