"""``kubeglass backup``, ``restore`` and ``down --purge`` as a user types them, and as somebody kills them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kubeglass.cli.main import run
from tests.cli.runs import KUBEGLASS, wait_until
from tests.unit.supervise.samples import KEPT, make_storage, read_files

#: Takes a machine about a second to pack, as nothing in it repeats.
LARGE = {"wal/00000000": os.urandom(20_000_000)}

#: A restore that stands still just before the new samples are put in place.
STOP_ONCE_UNPACKED = """
import time
from pathlib import Path
from kubeglass.supervise.backup import samples as module

def read_and_stop(path, target=None, read=module.read_archive):
    manifest = read(path, target)
    if target:
        print("unpacked", flush=True)
        time.sleep(600)
    return manifest

module.read_archive = read_and_stop
module.restore(Path(".kubeglass").absolute(), Path("b.tar.gz"), lambda _: None, replace=True)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which something ran."""
    make_storage(tmp_path / ".kubeglass")
    monkeypatch.chdir(tmp_path)
    # The commands end politely on SIGTERM; this process goes on.
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(signal, "signal", lambda number, _: before if number == signal.SIGTERM else None)
    return tmp_path


def type_in(*arguments: str) -> int:
    return run(list(arguments))


def test_samples_are_backed_up_purged_and_restored(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes = [type_in("backup", "b.tar.gz"), type_in("down", "--purge"), type_in("restore", "b.tar.gz")]

    said = capsys.readouterr()
    written, removed, restored = said.out.splitlines()
    assert codes == [0, 0, 0]
    assert re.fullmatch(r"wrote b\.tar\.gz: [\d.]+ \w+, 5\.4 kB of samples; verified", written)
    assert re.fullmatch(rf"removed {folder}/\.kubeglass: [\d.]+ kB freed", removed)
    assert re.fullmatch(
        r"restored 5\.4 kB of samples, backed up 20\S+ by kubeglass \S+ with Prometheus 3\.\S+", restored
    )
    assert said.err.splitlines() == ["b.tar.gz: verifying and unpacking", "next: kubeglass up"]
    assert read_files(folder / ".kubeglass" / "data" / "prometheus") == KEPT


def test_purging_nothing_is_no_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    code = type_in("down", "--purge")

    assert code == 0
    assert capsys.readouterr().out == f"nothing to remove: {tmp_path}/.kubeglass does not exist\n"


def test_down_alone_removes_nothing(folder: Path) -> None:
    assert type_in("down") == 7
    assert (folder / ".kubeglass" / "data" / "prometheus").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("backup",), 2, "kubeglass backup: Missing argument 'FILE'"),
        (("backup", "notes.txt"), 2, "notes.txt: already exists; choose another name, or remove it first"),
        (("backup", "."), 2, ".: already exists"),
        (("backup", ".kubeglass/b.tar.gz"), 2, "lies in what kubeglass down --purge removes"),
        (("backup", "absent/b.tar.gz"), 7, "absent: cannot be written (there is no such folder)"),
        (("restore", "absent.tar.gz", "--replace"), 2, "absent.tar.gz: there is no such file"),
        (("restore", "notes.txt", "--replace"), 7, "notes.txt: is not a backup made by kubeglass"),
        (("restore", "notes.txt"), 7, "data/prometheus: holds samples already; add --replace"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, message: str
) -> None:
    (folder / "notes.txt").write_text("my notes")

    assert type_in(*arguments) == code

    said = capsys.readouterr()
    assert message in said.err.splitlines()[-1]
    assert said.out == ""
    assert {path.name for path in folder.iterdir()} == {".kubeglass", "notes.txt"}


def test_a_backup_that_is_asked_to_end_leaves_nothing(tmp_path: Path) -> None:
    make_storage(tmp_path / ".kubeglass", LARGE)
    with subprocess.Popen([*KUBEGLASS, "backup", "b.tar.gz"], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: list(tmp_path.glob(".b.tar.gz.*")), "the archive to be begun")
        process.terminate()

    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == [tmp_path / ".kubeglass"]
    assert sorted(path.name for path in (tmp_path / ".kubeglass").iterdir()) == ["data", "lock"]


def test_after_a_killed_backup_the_next_one_works(tmp_path: Path) -> None:
    make_storage(tmp_path / ".kubeglass", LARGE)
    with subprocess.Popen([*KUBEGLASS, "backup", "b.tar.gz"], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: list(tmp_path.glob(".b.tar.gz.*")), "the archive to be begun")
        process.kill()
    assert not (tmp_path / "b.tar.gz").exists()

    subprocess.run([*KUBEGLASS, "backup", "b.tar.gz"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)

    assert (tmp_path / "b.tar.gz").stat().st_size > len(LARGE["wal/00000000"])
    assert sorted(path.name for path in (tmp_path / ".kubeglass").iterdir()) == ["data", "lock"]


def test_a_killed_restore_leaves_the_samples_that_were_there(tmp_path: Path) -> None:
    make_storage(tmp_path / ".kubeglass", {"wal/00000000": b"of the backup"})
    subprocess.run([*KUBEGLASS, "backup", "b.tar.gz"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run([*KUBEGLASS, "down", "--purge"], cwd=tmp_path, check=True, capture_output=True)
    storage = make_storage(tmp_path / ".kubeglass", KEPT)

    with subprocess.Popen(
        [sys.executable, "-c", STOP_ONCE_UNPACKED], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "unpacked\n"
        process.kill()

    assert read_files(storage) == KEPT
    subprocess.run([*KUBEGLASS, "restore", "b.tar.gz", "--replace"], cwd=tmp_path, check=True, capture_output=True)
    assert read_files(storage.parent) == {"prometheus/wal/00000000": b"of the backup"}
