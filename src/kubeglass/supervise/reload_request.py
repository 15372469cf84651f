"""Asks a run, from outside, to read its definition anew: ``kubeglass reload``."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from kubeglass.errors import NoDataError, StateError
from kubeglass.observe.processes import is_running
from kubeglass.supervise.reported_error import ReportedError
from kubeglass.supervise.run_file import Phase, RunRecord
from kubeglass.supervise.state_folder import find_run

LOOK_SECONDS = 0.05


def request_reload(root: Path, record: RunRecord, *, timeout_seconds: float) -> str:
    """Have the run read its definition anew, wait until it has, and return what changed in one line.

    Raises:
        NoDataError: the run does not say how it went before the deadline.
        ReportedError: what the run met; unless it says otherwise, nothing has changed.
        StateError: the run is not up yet or ends, or belongs to somebody else.
    """
    if record.phase is not Phase.UP:
        raise StateError(
            str(root), "cannot be reloaded now", found=f"the run is {record.phase}", hint="wait until it is up"
        )
    before = record.reload.number if record.reload else 0
    _signal(record)
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        now = find_run(root)
        if now is None or not is_running(record.supervisor):
            raise StateError(str(root), "the run has ended", hint="see: kubeglass logs")
        if now.reload is not None and now.reload.number > before:
            if now.reload.error is not None:
                raise ReportedError(now.reload.error)
            return now.reload.summary
        time.sleep(LOOK_SECONDS)
    raise NoDataError(
        str(root), f"did not say within {timeout_seconds:g} s that it has reloaded", hint="see: kubeglass status"
    )


def _signal(record: RunRecord) -> None:
    try:
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.supervisor.pid, signal.SIGHUP)
    except PermissionError as error:
        raise StateError(
            f"pid {record.supervisor.pid}",
            "cannot be asked to reload",
            found="it belongs to another user",
            hint="run kubeglass reload as the user who started it",
        ) from error
