"""Purging: the whole state folder goes, and nothing outside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kubeglass.errors import StateError
from kubeglass.observe.processes import ProcessId, identify, is_running
from kubeglass.supervise.process.manager import ProcessStatus
from kubeglass.supervise.process.state_machine import State
from kubeglass.supervise.state.folder import locked_folder, measure_disk, purge
from kubeglass.supervise.state.run_file import Phase, RunRecord, write_run_file
from tests.unit.supervise.samples import make_storage, read_files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A state folder with samples, beside a project's own files."""
    (tmp_path / "app.py").write_text("app")
    make_storage(tmp_path / ".kubeglass")
    return tmp_path / ".kubeglass"


def ignore(_: str) -> None:
    """Hear nothing."""


def test_the_folder_goes_and_its_size_is_told(root: Path, tmp_path: Path) -> None:
    (root / "data" / "big").write_bytes(os.urandom(300_000))

    freed = purge(root, ignore)

    assert freed is not None
    assert 300_000 <= freed < 600_000
    assert read_files(tmp_path) == {"app.py": b"app"}
    assert not root.exists()


def test_where_there_is_none_there_is_nothing_to_free(tmp_path: Path) -> None:
    assert purge(tmp_path / ".kubeglass", ignore) is None
    assert list(tmp_path.iterdir()) == []


def test_links_are_removed_and_what_they_lead_to_stays(root: Path, tmp_path: Path) -> None:
    outside = make_storage(tmp_path / "disk")
    before = read_files(outside)
    (root / "to-folder").symlink_to(outside)
    (root / "data" / "to-folder").symlink_to(outside)
    (root / "data" / "to-file").symlink_to(outside / "wal" / "00000000")
    (root / "data" / "to-nothing").symlink_to("absent")

    purge(root, ignore)

    assert not root.exists()
    assert read_files(outside) == before


def test_a_folder_that_is_a_link_itself_is_left_to_its_owner(root: Path, tmp_path: Path) -> None:
    link = tmp_path / "project"
    link.symlink_to(root)

    with pytest.raises(StateError, match=r"project: is a symbolic link \(to .*\.kubeglass\); remove the link"):
        purge(link, ignore)

    assert (root / "data" / "prometheus").exists()


def test_a_run_that_is_starting_keeps_its_folder(root: Path) -> None:
    with locked_folder(root, ignore), pytest.raises(StateError, match="is already in use by a run"):
        purge(root, ignore)

    assert (root / "data" / "prometheus").exists()


@pytest.mark.parametrize("text", ["", "{"])
def test_a_damaged_run_file_is_no_hindrance(root: Path, text: str) -> None:
    (root / "run.json").write_text(text)

    purge(root, ignore)

    assert not root.exists()


def test_what_a_killed_run_left_running_is_ended_first(root: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    identity = identify(left.pid)
    assert identity is not None
    process = ProcessStatus("shop", State.RUNNING, identity, restarts=0)
    gone = ProcessId(2**22 - 1, 1.0)
    record = RunRecord(gone, "up", Phase.UP, detached=True, started_at=1.0, processes=(process,))
    write_run_file(root / "run.json", record)
    heard: list[str] = []

    purge(root, heard.append)

    left.wait(timeout=10)
    assert not is_running(identity)
    assert heard[0] == f"shop: pid {left.pid} was left over from a killed run and has been ended"
    assert not root.exists()


def test_what_cannot_be_removed_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path / "wal"))

    monkeypatch.setattr(shutil, "rmtree", refuse)

    with pytest.raises(StateError, match=r"data/wal: cannot be removed \(Permission denied\); check its owner"):
        purge(root, ignore)


def test_a_file_with_two_names_is_measured_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(os.urandom(100_000))
    alone = measure_disk(tmp_path)

    os.link(tmp_path / "a", tmp_path / "b")

    assert measure_disk(tmp_path) == alone
