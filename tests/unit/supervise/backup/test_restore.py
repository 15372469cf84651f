"""Restoring: nothing changes unless the whole backup is good and there is room for it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from kubeglass.errors import KubeglassError, StateError, UsageError
from kubeglass.observe.processes import identify
from kubeglass.supervise.backup import samples
from kubeglass.supervise.backup.archive import BackupManifest, read_archive
from kubeglass.supervise.backup.samples import back_up, restore
from kubeglass.supervise.state.folder import locked_folder
from kubeglass.supervise.state.run_file import Phase, RunRecord, write_run_file
from tests.unit.supervise.samples import KEPT, make_storage, read_files

HERE = {"wal/00000000": b"other samples"}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A backup from another folder."""
    make_storage(tmp_path / "elsewhere")
    back_up(tmp_path / "elsewhere", tmp_path / "b.tar.gz", ignore)
    return tmp_path / "b.tar.gz"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A state folder that is not there yet."""
    return tmp_path / "project" / ".kubeglass"


def ignore(_: str) -> None:
    """Hear nothing."""


def test_samples_come_back_where_there_was_nothing(archive: Path, root: Path) -> None:
    root.parent.mkdir()

    manifest = restore(root, archive, ignore)

    assert manifest == read_archive(archive)
    with locked_folder(root, ignore):
        pass
    assert read_files(root / "data" / "prometheus") == KEPT
    assert [path.name for path in (root / "data").iterdir()] == ["prometheus"]


def test_a_run_that_left_nothing_is_no_hindrance(archive: Path, root: Path) -> None:
    make_storage(root, {})
    (root / "data" / "prometheus").mkdir(parents=True)

    restore(root, archive, ignore)

    assert read_files(root / "data" / "prometheus") == KEPT


def test_samples_that_are_here_are_lost_only_on_demand(archive: Path, root: Path) -> None:
    make_storage(root, HERE)

    with pytest.raises(StateError, match=r"data/prometheus: holds samples already; add --replace to lose them"):
        restore(root, archive, ignore)
    assert read_files(root / "data") == {f"prometheus/{name}": content for name, content in HERE.items()}

    restore(root, archive, ignore, replace=True)
    assert read_files(root / "data" / "prometheus") == KEPT
    assert [path.name for path in (root / "data").iterdir()] == ["prometheus"]


def test_nothing_may_run_here(archive: Path, root: Path) -> None:
    make_storage(root, HERE)
    this = identify(os.getpid())
    assert this is not None

    with locked_folder(root, ignore):
        write_run_file(root / "run.json", RunRecord(this, "up", Phase.UP, detached=True, started_at=time.time()))
        with pytest.raises(StateError, match=r"is already in use by a run \('up', pid \d+\); stop it with: kubegl"):
            restore(root, archive, ignore, replace=True)

    assert read_files(root / "data" / "prometheus") == HERE


def test_a_run_that_is_starting_is_not_disturbed(archive: Path, root: Path) -> None:
    make_storage(root, HERE)

    with locked_folder(root, ignore), pytest.raises(StateError, match="is already in use by a run"):
        restore(root, archive, ignore, replace=True)

    assert read_files(root / "data" / "prometheus") == HERE


def damage(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 0xFF
    archive.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        pytest.param(damage, StateError, id="damaged"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-100]), StateError, id="cut off"),
        pytest.param(lambda path: path.write_text("samples"), StateError, id="no archive"),
        pytest.param(Path.unlink, UsageError, id="no file"),
    ],
)
def test_a_bad_archive_changes_nothing(archive: Path, root: Path, spoil: object, error: type[KubeglassError]) -> None:
    make_storage(root, HERE)
    assert callable(spoil)
    spoil(archive)

    with pytest.raises(error, match=r"b\.tar\.gz: "):
        restore(root, archive, ignore, replace=True)

    assert read_files(root / "data") == {f"prometheus/{name}": content for name, content in HERE.items()}


def test_interrupted_while_it_unpacks_it_changes_nothing(
    archive: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_storage(root, HERE)

    def interrupt(path: Path, target: Path | None = None) -> BackupManifest:
        manifest = read_archive(path, target)
        if target:
            raise KeyboardInterrupt
        return manifest

    monkeypatch.setattr(samples, "read_archive", interrupt)

    with pytest.raises(KeyboardInterrupt):
        restore(root, archive, ignore, replace=True)

    assert read_files(root / "data") == {f"prometheus/{name}": content for name, content in HERE.items()}


def test_a_disk_without_room_is_told_before_anything_is_written(
    archive: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_storage(root, HERE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=2**30, used=2**30, free=1024))

    with pytest.raises(StateError, match=r"data: has no room for the backup \(0 MiB free, \d+ MiB needed\)"):
        restore(root, archive, ignore, replace=True)

    assert read_files(root / "data" / "prometheus") == HERE


def test_a_link_to_another_disk_is_not_replaced_by_a_folder(archive: Path, root: Path, tmp_path: Path) -> None:
    make_storage(tmp_path / "disk", HERE)
    (root / "data").mkdir(parents=True)
    (root / "data" / "prometheus").symlink_to(tmp_path / "disk" / "data" / "prometheus")

    with pytest.raises(StateError, match=r"data/prometheus: is a symbolic link \(to .*\); restore would put"):
        restore(root, archive, ignore, replace=True)

    assert read_files(tmp_path / "disk" / "data" / "prometheus") == HERE
