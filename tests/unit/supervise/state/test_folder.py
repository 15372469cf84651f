"""The state folder: private, for one run at a time, cleaned after a run that was killed."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kubeglass.errors import StateError
from kubeglass.observe.processes import ProcessId, identify, is_running
from kubeglass.supervise.process.manager import ProcessStatus
from kubeglass.supervise.process.state_machine import State
from kubeglass.supervise.state.folder import find_run, locked_folder, require_run
from kubeglass.supervise.state.run_file import Phase, RunRecord, read_run_file, write_run_file

NOBODY = ProcessId(2**22 - 1, 1.0)


def record(supervisor: ProcessId, *processes: ProcessStatus) -> RunRecord:
    return RunRecord(
        supervisor, "up --demo", Phase.UP, detached=False, started_at=1.0, addresses={"page": "http://p"},
        prometheus="http://q", processes=processes, first_data_seconds=3.5,
    )  # fmt: skip


def process(name: str, identity: ProcessId | None) -> ProcessStatus:
    return ProcessStatus(name, State.RUNNING, identity, restarts=1, address="http://a", last_error="t")


def this_process() -> ProcessId:
    found = identify(os.getpid())
    assert found is not None
    return found


def take(root: Path) -> list[str]:
    """Lock the folder and let it go again."""
    notes: list[str] = []
    with locked_folder(root, notes.append):
        return notes


def test_the_run_file_reads_back_as_it_was_written(tmp_path: Path) -> None:
    written = record(NOBODY, process("shop", NOBODY), process("otelcol", None))

    write_run_file(tmp_path / "run.json", written)

    assert read_run_file(tmp_path / "run.json") == written


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"phase": "up"}'])
def test_a_damaged_run_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)

    with pytest.raises(StateError, match=r"run\.json: cannot be read"):
        read_run_file(tmp_path / "run.json")


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    take(tmp_path / ".kubeglass")

    assert stat.S_IMODE((tmp_path / ".kubeglass").stat().st_mode) == 0o700


def test_a_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    root = tmp_path / ".kubeglass"
    root.mkdir(mode=0o755)

    take(root)

    assert stat.S_IMODE(root.stat().st_mode) == 0o700


def test_a_disk_without_locks_is_not_taken_for_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("kubeglass.files.fcntl.flock", refuse)

    with pytest.raises(StateError, match=r"lock: cannot be locked \(No locks available\); run kubeglass in a"):
        take(tmp_path)


def test_a_stale_run_file_that_cannot_be_removed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", str(path))

    write_run_file(tmp_path / "run.json", record(NOBODY))
    monkeypatch.setattr(Path, "unlink", refuse)

    with pytest.raises(StateError, match=r"run\.json: cannot be removed \(Operation not permitted\)"):
        take(tmp_path)


def test_a_second_run_is_told_what_runs_and_how_to_stop_it(tmp_path: Path) -> None:
    with locked_folder(tmp_path, print):
        write_run_file(tmp_path / "run.json", record(this_process()))

        with pytest.raises(StateError) as caught:
            take(tmp_path)

    assert caught.value.message == (
        f"{tmp_path}: is already in use by a run ('up --demo', pid {os.getpid()}, page http://p); "
        "stop it with: kubeglass down"
    )


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StateError, match=r"file/\.kubeglass: cannot be written \(Not a directory\)"):
        take(tmp_path / "file" / ".kubeglass")


def test_what_a_killed_run_left_behind_is_ended_and_named(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    identity = identify(left.pid)
    assert identity is not None
    write_run_file(tmp_path / "run.json", record(NOBODY, process("shop", identity)))

    notes = take(tmp_path)

    left.wait(timeout=10)
    assert not is_running(identity)
    assert notes[0] == f"shop: pid {left.pid} was left over from a killed run and has been ended"
    assert not (tmp_path / "run.json").exists()


def test_a_process_that_got_an_old_pid_is_left_alone(tmp_path: Path) -> None:
    mistaken = ProcessId(os.getpid(), this_process().created - 100.0)
    write_run_file(tmp_path / "run.json", record(NOBODY, process("shop", mistaken)))

    take(tmp_path)

    assert is_running(this_process())


def test_a_run_is_found_only_while_its_supervisor_lives(tmp_path: Path) -> None:
    assert find_run(tmp_path) is None
    write_run_file(tmp_path / "run.json", record(NOBODY))
    assert find_run(tmp_path) is None
    write_run_file(tmp_path / "run.json", record(this_process()))

    assert require_run(tmp_path).command == "up --demo"


def test_where_nothing_runs_one_is_told_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"nothing runs here; start with: kubeglass up --demo"):
        require_run(tmp_path)


def test_an_interrupted_restore_is_undone_by_whoever_takes_the_folder(tmp_path: Path) -> None:
    aside = tmp_path / "data" / ".prometheus.old"
    aside.mkdir(parents=True)
    (aside / "wal").write_text("samples")

    notes = take(tmp_path)

    assert (tmp_path / "data" / "prometheus" / "wal").read_text() == "samples"
    assert "an interrupted restore is undone" in notes[0]
