"""The archive: opened without kubeglass, read back as it was written, refused when it is anything else."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from kubeglass.errors import StateError
from kubeglass.supervise.backup.archive import BackupManifest, read_archive, write_archive
from tests.unit.supervise.samples import KEPT, make_storage, read_files

MANIFEST = BackupManifest("2026-01-02T03:04:05+00:00", "0.1.0", "3.16.0", files=5, size=5431)


Members = Sequence[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A good archive."""
    return write(tmp_path, MANIFEST)


def write(folder: Path, manifest: BackupManifest) -> Path:
    path = folder / "backup.tar.gz"
    with path.open("wb") as stream:
        write_archive(make_storage(folder, KEPT), stream, manifest)
    return path


def test_it_reads_back_as_it_was_written(archive: Path, tmp_path: Path) -> None:
    manifest = read_archive(archive, tmp_path / "out")

    assert manifest == MANIFEST
    assert read_files(tmp_path / "out") == KEPT


def test_verifying_alone_writes_nothing(archive: Path, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))

    assert read_archive(archive) == MANIFEST
    assert set(tmp_path.rglob("*")) == before


def test_people_can_open_it_with_their_own_tools(archive: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "-xzf", archive], cwd=tmp_path, check=True)

    assert json.loads((tmp_path / "kubeglass-backup.json").read_text()) == asdict(MANIFEST)
    assert read_files(tmp_path / "prometheus") == KEPT


def test_an_archive_cut_off_anywhere_is_refused(archive: Path) -> None:
    content = archive.read_bytes()

    for length in range(0, len(content), 7):
        archive.write_bytes(content[:length])
        with pytest.raises(StateError, match=r"backup\.tar\.gz: is (damaged|not a backup)"):
            read_archive(archive)


@pytest.mark.parametrize("length", [-8, -4, -1])
def test_a_large_archive_is_read_to_its_very_end(tmp_path: Path, length: int) -> None:
    make_storage(tmp_path, {"wal/00000000": os.urandom(3_000_000)})
    path = write(tmp_path, MANIFEST)
    path.write_bytes(path.read_bytes()[:length])

    with pytest.raises(StateError, match=r"backup\.tar\.gz: is damaged \(Compressed file ended before"):
        read_archive(path)


def test_a_flipped_bit_is_refused_or_changes_nothing(archive: Path, tmp_path: Path) -> None:
    content = archive.read_bytes()
    accepted = []

    for place in range(0, len(content), 3):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        archive.write_bytes(damaged)
        try:
            read_archive(archive)
        except StateError:
            continue
        read_archive(archive, tmp_path / f"out{place}")
        accepted.append(read_files(tmp_path / f"out{place}"))

    # gzip's head carries a time that nobody reads, and zeros may be repeated from here as well as from there.
    assert len(accepted) < len(content) / 30
    assert all(files == KEPT for files in accepted)


def test_a_folder_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"cannot be read \(.*Is a directory"):
        read_archive(tmp_path)


def _tar(members: Members) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"samples", id="text"),
        pytest.param(gzip.compress(b"samples"), id="gzipped text"),
        pytest.param(gzip.compress(_tar([])), id="empty tar"),
        pytest.param(gzip.compress(_tar([(tarfile.TarInfo("etc/passwd"), b"root")])), id="foreign tar"),
        pytest.param(_tar([(tarfile.TarInfo("kubeglass-backup.json"), b"{}")]), id="not gzipped"),
    ],
)
def test_what_is_no_backup_is_called_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "holiday.tar.gz"
    path.write_bytes(content)

    with pytest.raises(StateError) as caught:
        read_archive(path)

    assert caught.value.message == f"{path}: is not a backup made by kubeglass; use another file"


def test_another_format_is_left_to_the_kubeglass_that_made_it(tmp_path: Path) -> None:
    path = write(tmp_path, replace(MANIFEST, format=2))

    with pytest.raises(StateError) as caught:
        read_archive(path)

    assert caught.value.message == (
        f"{path}: has an unknown format (2 instead of 1); use the version of kubeglass that made it"
    )


def member(name: str, content: bytes = b"content", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def by_hand(folder: Path, *members: tuple[tarfile.TarInfo, bytes], files: int = 1) -> Path:
    about = json.dumps(asdict(replace(MANIFEST, files=files))).encode()
    path = folder / "hand.tar.gz"
    path.write_bytes(gzip.compress(_tar([member("kubeglass-backup.json", about), *members])))
    return path


def test_only_what_belongs_to_the_data_folder_is_unpacked(tmp_path: Path) -> None:
    archive = by_hand(tmp_path, member("prometheus/wal/0"), member("SHA256SUMS"), member("../evil"))

    read_archive(archive, tmp_path / "out")

    assert read_files(tmp_path / "out") == {"wal/0": b"content"}
    assert not (tmp_path.parent / "evil").exists()


@pytest.mark.parametrize(
    "evil",
    [
        member("prometheus/../../evil"),
        member("prometheus//etc/evil/../../../../../../evil"),
        member("prometheus/link", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        member("prometheus/link", b"", type=tarfile.LNKTYPE, linkname="../../evil"),
        member("prometheus/device", b"", type=tarfile.CHRTYPE),
    ],
)
def test_what_would_lead_out_of_the_data_folder_is_refused(tmp_path: Path, evil: tuple[tarfile.TarInfo, bytes]) -> None:
    archive = by_hand(tmp_path, member("prometheus/wal/0"), evil)

    with pytest.raises(StateError, match=r"hand\.tar\.gz: is damaged"):
        read_archive(archive, tmp_path / "out")

    assert not (tmp_path / "evil").exists()


def test_a_file_too_few_or_too_many_is_damage(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"is damaged \(1 of 2 files\); use another backup"):
        read_archive(by_hand(tmp_path, member("prometheus/wal/0"), files=2))


@pytest.mark.parametrize("about", [b"", b"[]", b"{}", b'{"format": 1}', b'{"format": 1, "odd": 2}', b"\xff"])
def test_an_archive_that_says_nothing_of_itself_is_damaged(tmp_path: Path, about: bytes) -> None:
    path = tmp_path / "hand.tar.gz"
    path.write_bytes(gzip.compress(_tar([member("kubeglass-backup.json", about)])))

    with pytest.raises(StateError, match="is damaged"):
        read_archive(path)


def test_a_disk_that_refuses_is_told_apart_from_a_damaged_archive(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")

    with pytest.raises(StateError, match=r"out.*: cannot be written"):
        read_archive(archive, tmp_path / "out")
