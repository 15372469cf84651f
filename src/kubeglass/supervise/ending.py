"""Stops a run from outside: ``kubeglass down``."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from kubeglass.errors import StateError
from kubeglass.observe.processes import is_running
from kubeglass.supervise.run_file import RunRecord
from kubeglass.supervise.state_folder import StateFolder

#: The graces of all processes together: customers, collector, apps, Prometheus, page.
STOP_SECONDS = 70.0


def stop_run(root: Path, record: RunRecord, *, timeout_seconds: float = STOP_SECONDS) -> None:
    """Ask the supervisor to stop everything and wait until it has; kill it if it does not.

    Raises:
        StateError: the supervisor belongs to somebody else.
    """
    supervisor = record.supervisor
    _signal(record, signal.SIGTERM)
    deadline = time.monotonic() + timeout_seconds
    while is_running(supervisor) and time.monotonic() < deadline:
        time.sleep(0.05)
    if is_running(supervisor):
        # Its guard ends the children; what is still left is cleaned like after any killed run.
        _signal(record, signal.SIGKILL)
        while is_running(supervisor):
            time.sleep(0.05)
        folder = StateFolder(root)
        folder.take()
        folder.release()


def clean_up(root: Path) -> list[str]:
    """Clean up after a run that was killed, and say what was left over; nothing is done where no run file is.

    Raises:
        StateError: a run is just starting here, or the folder cannot be written.
    """
    folder = StateFolder(root)
    if not folder.run_file.exists():
        return []
    try:
        return folder.take()
    finally:
        folder.release()


def _signal(record: RunRecord, number: signal.Signals) -> None:
    try:
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.supervisor.pid, number)
    except PermissionError as error:
        raise StateError(
            f"pid {record.supervisor.pid}",
            "cannot be stopped",
            found="it belongs to another user",
            hint="run kubeglass down as the user who started it",
        ) from error
