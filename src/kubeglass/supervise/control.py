"""Controls a run from another process: ``kubeglass down`` and ``kubeglass reload``."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from kubeglass.errors import NoDataError, StateError
from kubeglass.observe.processes import is_running
from kubeglass.supervise.state.folder import StateFolder, find_run
from kubeglass.supervise.state.run_file import Phase, RunRecord, parse_error

#: The sum of the grace periods of all processes.
STOP_SECONDS = 70.0
LOOK_SECONDS = 0.05


def stop_run(root: Path, record: RunRecord, *, timeout_seconds: float = STOP_SECONDS) -> None:
    """Ask the supervisor to stop everything and wait for it; kill it after the timeout.

    Raises:
        StateError: the supervisor belongs to somebody else.
    """
    supervisor = record.supervisor
    _signal(record, signal.SIGTERM, command="down")
    deadline = time.monotonic() + timeout_seconds
    while is_running(supervisor) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    if is_running(supervisor):
        # Its guard ends the children; what is still left is cleaned like after any killed run.
        _signal(record, signal.SIGKILL, command="down")
        while is_running(supervisor):
            time.sleep(LOOK_SECONDS)
        folder = StateFolder(root)
        folder.take()
        folder.release()


def clean_up(root: Path) -> list[str]:
    """Clean up after a run that was killed, and return what was left over; do nothing if there is no run file.

    Raises:
        StateError: a run is starting here, or the folder cannot be written.
    """
    folder = StateFolder(root)
    if not folder.run_file.exists():
        return []
    try:
        return folder.take()
    finally:
        folder.release()


def request_reload(root: Path, record: RunRecord, *, timeout_seconds: float) -> str:
    """Ask the run to reload its definition, wait until it has, and return what changed in one line.

    Raises:
        NoDataError: the run does not report a result before the deadline.
        KubeglassError: the reload failed; unless the error says otherwise, nothing has changed.
        StateError: the run is not up yet or ends, or belongs to somebody else.
    """
    if record.phase is not Phase.UP:
        raise StateError(
            str(root), "cannot be reloaded now", found=f"the run is {record.phase}", hint="wait until it is up"
        )
    before = record.reload.number if record.reload else 0
    _signal(record, signal.SIGHUP, command="reload")
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        now = find_run(root)
        if now is None or not is_running(record.supervisor):
            raise StateError(str(root), "the run has ended", hint="see: kubeglass logs")
        if now.reload is not None and now.reload.number > before:
            if now.reload.error is not None:
                raise parse_error(now.reload.error)
            return now.reload.summary
        time.sleep(LOOK_SECONDS)
    raise NoDataError(
        str(root), f"did not report within {timeout_seconds:g} s that it has reloaded", hint="see: kubeglass status"
    )


def _signal(record: RunRecord, number: signal.Signals, *, command: str) -> None:
    try:
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.supervisor.pid, number)
    except PermissionError as error:
        raise StateError(
            f"pid {record.supervisor.pid}",
            "cannot be signalled",
            found="it belongs to another user",
            hint=f"run kubeglass {command} as the user who started it",
        ) from error
