"""Taking one process of a run down for a moment: only a run that is up, only until the work is done."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kubeglass.errors import EngineError, StateError
from kubeglass.observe.processes import identify
from kubeglass.supervise.control import pause, wait_until_back
from kubeglass.supervise.process.manager import ProcessStatus
from kubeglass.supervise.process.state_machine import State
from kubeglass.supervise.state.hold import is_held
from kubeglass.supervise.state.run_file import Phase, RunRecord, write_run_file

NAME = "prometheus"


class Supervisor:
    """Does for one real process what a run does: notes its end, keeps it down while it is held, notes its return."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        identity, this = identify(self._child.pid), identify(os.getpid())
        assert identity is not None
        assert this is not None
        self._process = ProcessStatus(NAME, State.RUNNING, identity, restarts=3)
        self._record = RunRecord(this, "up", Phase.UP, detached=True, started_at=1.0)
        self.note()

    def note(self, *, phase: Phase = Phase.UP, **fields: object) -> None:
        self._process = replace(self._process, **fields)  # type: ignore[arg-type]  # fields of the process
        self._record = replace(self._record, phase=phase, processes=(self._process,))
        write_run_file(self._root / "run.json", self._record)

    def keep(self) -> None:
        """Go through one death and the return from it."""
        self._child.wait()
        self.note(state=State.BACKOFF, identity=None)
        self.note(state=State.HELD)
        while is_held(self._root, NAME):
            time.sleep(0.01)
        self.note(state=State.STARTING, restarts=4)
        self.note(state=State.RUNNING)

    def start_again_once_held(self) -> None:
        """Overlook the hold."""
        while not is_held(self._root, NAME):
            time.sleep(0.01)
        self.note(restarts=4)

    def stop_once_held(self) -> None:
        """Begin to stop while somebody takes the process down."""
        while not is_held(self._root, NAME):
            time.sleep(0.01)
        self.note(state=State.TERMINATING)

    def end(self) -> None:
        self._child.kill()
        self._child.wait()


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A run with one process."""
    supervisor = Supervisor(tmp_path)
    yield supervisor
    supervisor.end()


def test_a_process_is_down_for_the_work_and_back_after_it(supervisor: Supervisor, tmp_path: Path) -> None:
    thread = threading.Thread(target=supervisor.keep)
    thread.start()

    with pause(tmp_path, NAME):
        text = (tmp_path / "run.json").read_text()
        assert '"held"' in text
    assert wait_until_back(tmp_path, NAME, timeout_seconds=10)

    thread.join()


def test_it_comes_back_after_work_that_fails(supervisor: Supervisor, tmp_path: Path) -> None:
    thread = threading.Thread(target=supervisor.keep)
    thread.start()

    with pytest.raises(OSError, match="disk full"), pause(tmp_path, NAME):
        raise OSError("disk full")

    assert wait_until_back(tmp_path, NAME, timeout_seconds=10)
    thread.join()


def test_work_that_it_ran_through_is_not_trusted(supervisor: Supervisor, tmp_path: Path) -> None:
    thread = threading.Thread(target=supervisor.keep)
    thread.start()

    def work_while_somebody_takes_the_hold_away() -> None:
        with pause(tmp_path, NAME):
            (tmp_path / "hold" / NAME).unlink()
            thread.join()

    with pytest.raises(StateError, match="prometheus: was restarted while it should have stayed down; repeat"):
        work_while_somebody_takes_the_hold_away()


def test_one_that_was_started_again_at_once_is_not_waited_for(supervisor: Supervisor, tmp_path: Path) -> None:
    thread = threading.Thread(target=supervisor.start_again_once_held)
    thread.start()

    with pytest.raises(StateError, match="prometheus: was restarted while it should have stayed down; repeat"):
        pause(tmp_path, NAME).__enter__()

    thread.join()


def test_a_run_that_ends_meanwhile_ends_the_wait(supervisor: Supervisor, tmp_path: Path) -> None:
    thread = threading.Thread(target=supervisor.stop_once_held)
    thread.start()

    with pytest.raises(StateError, match="the run ended meanwhile"):
        pause(tmp_path, NAME).__enter__()

    thread.join()
    (tmp_path / "run.json").unlink()
    assert wait_until_back(tmp_path, NAME, timeout_seconds=10), "there is nothing to wait for"


def test_one_that_does_not_end_is_let_go(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="prometheus: did not end within 0 s; see: kubeglass logs prometheus"):
        pause(tmp_path, NAME, timeout_seconds=0).__enter__()

    assert not is_held(tmp_path, NAME)


def test_one_that_does_not_return_is_told(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.note(state=State.BACKOFF)

    assert not wait_until_back(tmp_path, NAME, timeout_seconds=0)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"phase": Phase.STARTING}, r"is not up \(starting\)"),
        ({"phase": Phase.STOPPING}, r"is not up \(stopping\)"),
        ({"state": State.BACKOFF, "identity": None}, r"prometheus: does not run \(backoff\)"),
        ({"state": State.STARTING}, r"prometheus: does not run \(starting\)"),
        ({"name": "other"}, r"prometheus: does not run \(not part of the run\)"),
    ],
)
def test_only_a_process_that_runs_is_taken_down(
    supervisor: Supervisor, tmp_path: Path, changes: dict[str, object], wrong: str
) -> None:
    supervisor.note(**changes)  # type: ignore[arg-type]  # phase and fields of the process

    with pytest.raises(StateError, match=wrong):
        pause(tmp_path, NAME).__enter__()

    assert not (tmp_path / "hold").exists()


def test_where_nothing_runs_nothing_is_taken_down(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="nothing runs here"):
        pause(tmp_path, NAME).__enter__()
