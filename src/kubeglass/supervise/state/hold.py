"""Takes one process of a run down for a moment, from outside the run, and sees that it comes back."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from kubeglass.errors import EngineError, StateError
from kubeglass.files import explain_disk_errors, write_text
from kubeglass.observe.processes import ProcessId, identify, is_running
from kubeglass.supervise.process.group import ProcessStatus
from kubeglass.supervise.process.state_machine import State
from kubeglass.supervise.state.folder import find_run, require_run
from kubeglass.supervise.state.run_file import Phase

#: Longer than the supervisor's patience with a process that answers no more but does not end.
DOWN_SECONDS = 60.0
#: Longer than the supervisor's patience with one that reads its log back.
BACK_SECONDS = 150.0
LOOK_SECONDS = 0.05

STARTED_AGAIN = "was restarted while it should have stayed down"


class HoldFiles:
    """A process that has died stays down while ``hold/<name>`` in the state folder holds it.

    An empty file, made by hand, holds until it is removed: for working on one part (moving a data folder, trying an
    outage) without stopping the run. A file that names its holder holds only as long as that process runs, so that a
    command that was killed never leaves a process down forever.

    Args:
        root: the state folder.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / "hold"

    def is_held(self, name: str) -> bool:
        """Whether ``name`` is to stay down once it has died."""
        try:
            content = (self._folder / name).read_bytes()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        try:
            holder = json.loads(content)
            return is_running(ProcessId(int(holder["pid"]), float(holder["created"])))
        except (ValueError, TypeError, KeyError, OverflowError):
            return True

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Hold ``name`` for this process; what is still alive of it must be ended by the caller.

        Raises:
            StateError: it is held already, or the file cannot be written.
        """
        path = self._folder / name
        if self.is_held(name):
            raise StateError(str(path), "is already held", hint="remove the file, or wait for the process that made it")
        holder = identify(os.getpid())
        assert holder is not None, "this process runs"
        with explain_disk_errors(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            # Whole or not at all: an empty file would hold forever.
            write_text(path, json.dumps(asdict(holder)))
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def pause(root: Path, name: str, *, timeout_seconds: float = DOWN_SECONDS) -> Iterator[None]:
    """Keep a process of the run down; when the ``with`` ends, by whatever end, the run starts it again.

    Args:
        root: the state folder.
        name: the process.
        timeout_seconds: how long it may take to end.

    Raises:
        StateError: it does not run now, or did not stay down all the while.
        EngineError: it does not end.
    """
    before = _require_running(root, name)
    with HoldFiles(root).hold(name):
        _ask_to_end(before)
        if not _wait(lambda: _is_down(root, before), timeout_seconds):
            raise EngineError(name, f"did not end within {timeout_seconds:g} s", hint=f"see: kubeglass logs {name}")
        yield
        if not _is_down(root, before):
            raise StateError(name, STARTED_AGAIN, hint="repeat the command")


def wait_until_back(root: Path, name: str, *, timeout_seconds: float = BACK_SECONDS) -> bool:
    """Wait until a process runs again and say whether it does; when the run has ended, there is nothing to wait for."""

    def is_settled() -> bool:
        process = _find(root, name)
        return process is None or process.state is State.RUNNING

    return _wait(is_settled, timeout_seconds)


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
    """Whether it is held down since ``before``.

    Raises:
        StateError: it was started again, or the run is ending, and who knows what comes after.
    """
    now = _find(root, before.name)
    if now is None or now.state in {State.STOPPED, State.TERMINATING, State.KILLING}:
        raise StateError(str(root), "the run ended meanwhile", hint="repeat the command")
    if now.restarts != before.restarts:
        raise StateError(before.name, STARTED_AGAIN, hint="repeat the command")
    return now.state is State.HELD


def _find(root: Path, name: str) -> ProcessStatus | None:
    record = find_run(root)
    return next((process for process in record.processes if process.name == name), None) if record else None


def _ask_to_end(process: ProcessStatus) -> None:
    assert process.identity is not None, "it runs"
    with suppress(ProcessLookupError):
        os.kill(process.identity.pid, signal.SIGTERM)


def _wait(condition: Callable[[], bool], timeout_seconds: float) -> bool:
    deadline = time.monotonic() + timeout_seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return met
