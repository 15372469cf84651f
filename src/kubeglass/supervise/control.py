"""Controls a run from another process: stops it, reloads it, or keeps one of its processes down for a while."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from kubeglass.errors import EngineError, NoDataError, StateError
from kubeglass.observe.processes import is_running
from kubeglass.supervise.process.manager import ProcessStatus
from kubeglass.supervise.process.state_machine import State
from kubeglass.supervise.state.folder import find_run, locked_folder, require_run
from kubeglass.supervise.state.hold import hold
from kubeglass.supervise.state.run_file import RUN_FILE, Phase, ReloadRecord, RunRecord, parse_error

#: The sum of the grace periods of all processes.
STOP_SECONDS = 70.0
#: Longer than the supervisor waits for a process that no longer responds to end.
DOWN_SECONDS = 60.0
#: Longer than the supervisor waits for an engine that replays its log.
BACK_SECONDS = 150.0
#: Polling interval.
LOOK_SECONDS = 0.05

RESTARTED_EARLY = "was restarted while it should have stayed down"

T = TypeVar("T")


def stop_run(root: Path, record: RunRecord, *, timeout_seconds: float = STOP_SECONDS) -> None:
    """Stop the run and wait until it has ended; kill it after the timeout.

    Raises:
        StateError: it belongs to another user.
    """

    def has_ended() -> bool:
        return not is_running(record.supervisor)

    _signal(record, signal.SIGTERM, command="down")
    if not _wait(has_ended, timeout_seconds):
        # Its guard ends the processes; clean up as after any killed run.
        _signal(record, signal.SIGKILL, command="down")
        _wait(has_ended, math.inf)
        clean_up(root)


def clean_up(root: Path) -> list[str]:
    """Clean up after a killed run, if there was one, and return what was cleaned up.

    Raises:
        StateError: a run is starting here, or the folder cannot be written.
    """
    notes: list[str] = []
    if (root / RUN_FILE).exists():
        with locked_folder(root, notes.append):
            pass
    return notes


def request_reload(root: Path, record: RunRecord, *, timeout_seconds: float) -> str:
    """Reload the run's definition, wait for the result, and return what changed in one line.

    Raises:
        NoDataError: the run did not report a result in time.
        KubeglassError: the reload failed; unless the error says otherwise, nothing has changed.
        StateError: the run is not up or has ended, or belongs to another user.
    """
    if record.phase is not Phase.UP:
        raise StateError(
            str(root), "cannot be reloaded now", found=f"the run is {record.phase}", hint="wait until it is up"
        )

    def find_result() -> ReloadRecord | None:
        now = find_run(root)
        if now is None or now.supervisor != record.supervisor:
            raise StateError(str(root), "the run has ended", hint="see: kubeglass logs")
        return now.reload if now.reload != record.reload else None

    _signal(record, signal.SIGHUP, command="reload")
    result = _wait(find_result, timeout_seconds)
    if result is None:
        raise NoDataError(
            str(root), f"did not report within {timeout_seconds:g} s that it has reloaded", hint="see: kubeglass status"
        )
    if result.error is not None:
        raise parse_error(result.error)
    return result.summary


@contextmanager
def pause(root: Path, name: str, *, timeout_seconds: float = DOWN_SECONDS) -> Iterator[None]:
    """Keep a process of the run down as long as the ``with`` block; the run restarts it afterwards.

    Raises:
        StateError: it is not running, or did not stay down.
        EngineError: it did not end in time.
    """
    before = _require_running(root, name)
    assert before.identity is not None, "it runs"
    with hold(root, name):
        with contextlib.suppress(ProcessLookupError):
            os.kill(before.identity.pid, signal.SIGTERM)
        if not _wait(lambda: _is_down(root, before), timeout_seconds):
            raise EngineError(name, f"did not end within {timeout_seconds:g} s", hint=f"see: kubeglass logs {name}")
        yield
        if not _is_down(root, before):
            raise StateError(name, RESTARTED_EARLY, hint="repeat the command")


def wait_until_back(root: Path, name: str, *, timeout_seconds: float = BACK_SECONDS) -> bool:
    """Wait until a process runs again, or the run has ended; return False after the timeout."""

    def is_settled() -> bool:
        process = _find(root, name)
        return process is None or process.state is State.RUNNING

    return bool(_wait(is_settled, timeout_seconds))


def _require_running(root: Path, name: str) -> ProcessStatus:
    record = require_run(root)
    if record.phase is not Phase.UP:
        raise StateError(str(root), "is not up", found=record.phase, hint="wait until it is, or stop it")
    process = _find(root, name)
    if process is None or process.state is not State.RUNNING or process.identity is None:
        found = process.state if process else "not part of the run"
        raise StateError(name, "does not run", found=found, hint=f"see: kubeglass status, kubeglass logs {name}")
    return process


def _is_down(root: Path, before: ProcessStatus) -> bool:
    """Whether it has been held down since ``before``.

    Raises:
        StateError: it was restarted, or the run is stopping.
    """
    now = _find(root, before.name)
    if now is None or now.state in {State.STOPPED, State.TERMINATING, State.KILLING}:
        raise StateError(str(root), "the run ended meanwhile", hint="repeat the command")
    if now.restarts != before.restarts:
        raise StateError(before.name, RESTARTED_EARLY, hint="repeat the command")
    return now.state is State.HELD


def _find(root: Path, name: str) -> ProcessStatus | None:
    record = find_run(root)
    return next((process for process in record.processes if process.name == name), None) if record else None


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


def _wait(look: Callable[[], T], timeout_seconds: float) -> T:
    """Call ``look`` until it returns something true or the time is up; return its last result."""
    deadline = time.monotonic() + timeout_seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return found
