"""A backup of samples that nobody writes to: whole or not at all, and never over something else."""

from __future__ import annotations

import fcntl
import os
import tarfile
from pathlib import Path

import pytest

from kubeglass import __version__
from kubeglass.errors import StateError, UsageError
from kubeglass.supervise.backup import samples
from kubeglass.supervise.backup.archive import read_archive
from kubeglass.supervise.backup.samples import SCRATCH, back_up, copy_storage
from kubeglass.supervise.state.folder import locked_folder
from tests.unit.supervise.samples import BLOCK, FILES, KEPT, make_storage, read_files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A state folder with samples."""
    make_storage(tmp_path / ".kubeglass")
    return tmp_path / ".kubeglass"


def ignore(_: str) -> None:
    """Hear nothing."""


def test_it_holds_the_samples_and_says_what_it_is(root: Path, tmp_path: Path) -> None:
    manifest = back_up(root, tmp_path / "b.tar.gz", ignore)

    assert read_archive(tmp_path / "b.tar.gz", tmp_path / "out") == manifest
    assert read_files(tmp_path / "out") == KEPT
    assert manifest.kubeglass == __version__
    assert manifest.files == len(KEPT)
    assert manifest.size == sum(map(len, KEPT.values()))
    assert manifest.created.endswith("+00:00")


def test_the_samples_stay_as_they_were(root: Path, tmp_path: Path) -> None:
    for name in ("a.tar.gz", "b.tar.gz"):
        back_up(root, tmp_path / name, ignore)

    assert read_files(root) == {f"data/prometheus/{name}": content for name, content in FILES.items()} | {"lock": b""}


def test_it_is_for_its_owner_alone(root: Path, tmp_path: Path) -> None:
    back_up(root, tmp_path / "b.tar.gz", ignore)

    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o077 == 0


def test_what_a_killed_backup_left_is_cleared_away(root: Path, tmp_path: Path) -> None:
    (root / SCRATCH / "prometheus" / "wal").mkdir(parents=True)

    back_up(root, tmp_path / "b.tar.gz", ignore)

    assert not (root / SCRATCH).exists()


def test_a_file_that_is_there_is_left_alone(root: Path, tmp_path: Path) -> None:
    (tmp_path / "b.tar.gz").write_text("precious")

    with pytest.raises(UsageError, match=r"b\.tar\.gz: already exists; choose another name"):
        back_up(root, tmp_path / "b.tar.gz", ignore)

    assert (tmp_path / "b.tar.gz").read_text() == "precious"


def test_a_place_that_a_purge_would_remove_is_refused(root: Path) -> None:
    with pytest.raises(UsageError, match="lies in what kubeglass down --purge removes"):
        back_up(root, root / "data" / "b.tar.gz", ignore)


@pytest.mark.parametrize("place", ["absent/b.tar.gz", "file/b.tar.gz"])
def test_a_folder_that_is_none_is_named(root: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StateError, match=r": cannot be written \(there is no such folder\); choose another place"):
        back_up(root, tmp_path / place, ignore)


def test_a_folder_that_cannot_be_written_is_named(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write anywhere: what the system would say to others is put in its mouth.
    monkeypatch.setattr(os, "access", lambda *_: False)

    with pytest.raises(StateError, match=r"cannot be written \(no permission to write\)"):
        back_up(root, tmp_path / "b.tar.gz", ignore)


@pytest.mark.parametrize("make", [lambda _: None, lambda storage: storage.mkdir(parents=True)])
def test_without_samples_there_is_nothing_to_back_up(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(tmp_path / ".kubeglass" / "data" / "prometheus")

    with pytest.raises(StateError, match=r"data/prometheus: holds no samples; start with"):
        back_up(tmp_path / ".kubeglass", tmp_path / "b.tar.gz", ignore)


def test_a_full_disk_leaves_nothing_half_written(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_up(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "addfile", fill_up)

    with pytest.raises(StateError, match=r"b\.tar\.gz: cannot be .* \(No space left on device\); check"):
        back_up(root, tmp_path / "b.tar.gz", ignore)

    assert list(tmp_path.iterdir()) == [root]
    assert not (root / SCRATCH).exists()


def test_an_archive_that_does_not_read_back_is_not_kept(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "write_archive", lambda _folder, stream, _manifest: stream.write(b"half"))

    with pytest.raises(StateError, match="is not a backup"):
        back_up(root, tmp_path / "b.tar.gz", ignore)

    assert list(tmp_path.iterdir()) == [root]


def test_a_file_that_appears_meanwhile_is_left_alone(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "read_archive", lambda _: (tmp_path / "b.tar.gz").write_text("precious"))

    with pytest.raises(UsageError, match=r"b\.tar\.gz: was created meanwhile; choose another name"):
        back_up(root, tmp_path / "b.tar.gz", ignore)

    assert (tmp_path / "b.tar.gz").read_text() == "precious"


def test_a_run_that_is_starting_is_not_copied(root: Path, tmp_path: Path) -> None:
    with locked_folder(root, ignore), pytest.raises(StateError, match="is already in use by a run"):
        back_up(root, tmp_path / "b.tar.gz", ignore)

    assert list(tmp_path.iterdir()) == [root]


def test_one_backup_at_a_time(root: Path, tmp_path: Path) -> None:
    (root / SCRATCH).mkdir()
    other = os.open(root / SCRATCH, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)

    with pytest.raises(StateError, match="is in use by another backup; wait until that is done"):
        back_up(root, tmp_path / "b.tar.gz", ignore)

    os.close(other)
    back_up(root, tmp_path / "b.tar.gz", ignore)
    assert (tmp_path / "b.tar.gz").exists()


def test_everything_is_copied_but_what_belongs_to_the_running_prometheus(tmp_path: Path) -> None:
    copy_storage(make_storage(tmp_path), tmp_path / "copy")

    assert read_files(tmp_path / "copy") == KEPT


def test_only_files_that_never_change_are_shared_with_the_original(tmp_path: Path) -> None:
    storage = make_storage(tmp_path)

    copy_storage(storage, tmp_path / "copy")

    shared = {name for name in KEPT if (tmp_path / "copy" / name).samefile(storage / name)}
    assert shared == {name for name in KEPT if name.startswith(BLOCK)}


def test_a_disk_without_hard_links_gets_full_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", refuse)

    copy_storage(make_storage(tmp_path), tmp_path / "copy")

    assert read_files(tmp_path / "copy") == KEPT
