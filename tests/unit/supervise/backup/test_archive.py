"""The archive: opened without kubeglass, read back as it was written, refused when it is anything else."""

from __future__ import annotations

import gzip
import hashlib
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

from kubeglass.errors import StateError, UsageError
from kubeglass.supervise.backup.archive import BackupManifest, measure_folder, write_archive
from kubeglass.supervise.backup.reading import read_archive
from tests.unit.supervise.samples import KEPT, make_storage, read_files

MANIFEST = BackupManifest("2026-01-02T03:04:05+00:00", "0.1.0", "3.16.0", files=5, size=5431, scrape_interval=1.0)

ABOUT = json.dumps(asdict(MANIFEST)).encode()
SUMS = "".join(
    f"{hashlib.sha256(content).hexdigest()}  {name}\n"
    for name, content in (("kubeglass-backup.json", ABOUT), ("prometheus/wal/0", b"content"))
)

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


def test_people_can_open_and_check_it_with_their_own_tools(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)

    listed = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]

    assert [name for _, name in listed] == [
        "kubeglass-backup.json",
        *(f"prometheus/{name}" for name in sorted(KEPT)),
    ]
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for digest, name in listed)


def test_the_content_is_counted(tmp_path: Path) -> None:
    assert measure_folder(make_storage(tmp_path, KEPT)) == (5, sum(map(len, KEPT.values())))


def test_an_archive_cut_off_anywhere_is_refused(archive: Path) -> None:
    content = archive.read_bytes()

    for length in range(0, len(content), 7):
        archive.write_bytes(content[:length])
        with pytest.raises(StateError, match=r"backup\.tar\.gz: is (damaged|no backup)"):
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


def test_a_file_that_is_not_there_is_a_mistake_of_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent\.tar\.gz: there is no such file"):
        read_archive(tmp_path / "absent.tar.gz")


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

    assert caught.value.message == f"{path}: is no backup made by kubeglass; use another backup"


def test_another_format_is_left_to_the_kubeglass_that_made_it(tmp_path: Path) -> None:
    path = write(tmp_path, replace(MANIFEST, format=2))

    with pytest.raises(StateError) as caught:
        read_archive(path)

    assert caught.value.message == (
        f"{path}: has a format that is not known here (2 instead of 1); use the version of kubeglass that made it"
    )


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, b"content" if kind == tarfile.REGTYPE else b""


def forge(
    folder: Path, *, about: bytes = ABOUT, members: Members = (), sums: str | None = None, after: Members = ()
) -> Path:
    """Write an archive by hand; its checksums are right unless others are given."""
    content = [(tarfile.TarInfo("kubeglass-backup.json"), about), member("prometheus/wal/0"), *members]
    right = "".join(f"{hashlib.sha256(data).hexdigest()}  {info.name}\n" for info, data in content if info.isreg())
    last = [] if sums == "" else [(tarfile.TarInfo("SHA256SUMS"), (right if sums is None else sums).encode())]
    path = folder / "forged.tar.gz"
    path.write_bytes(gzip.compress(_tar([*content, *last, *after])))
    return path


def test_an_archive_made_by_hand_is_read_if_it_is_right(tmp_path: Path) -> None:
    assert read_archive(forge(tmp_path, members=[member("prometheus/block", tarfile.DIRTYPE)])) == MANIFEST


@pytest.mark.parametrize(
    ("evil", "wrong"),
    [
        (member("../evil"), "does not belong there (../evil)"),
        (member("/tmp/evil"), "does not belong there (/tmp/evil)"),
        (member("prometheus/../../evil"), "does not belong there (prometheus/../../evil)"),
        (member("prometheus/./evil"), "does not belong there (prometheus/./evil)"),
        (member("grafana/evil"), "does not belong there (grafana/evil)"),
        (member("kubeglass-backup.json"), "does not belong there (kubeglass-backup.json)"),
        (member("prometheus"), "is neither a file nor a folder (prometheus)"),
        (member("prometheus/link", tarfile.SYMTYPE, "/etc"), "is neither a file nor a folder (prometheus/link)"),
        (member("prometheus/link", tarfile.LNKTYPE, "prometheus/wal/0"), "is neither a file nor a folder"),
        (member("prometheus/pipe", tarfile.FIFOTYPE), "is neither a file nor a folder (prometheus/pipe)"),
        (member("prometheus/disk", tarfile.BLKTYPE), "is neither a file nor a folder (prometheus/disk)"),
        (member("prometheus/holes", tarfile.GNUTYPE_SPARSE), "is neither a file nor a folder (prometheus/holes)"),
        (member("prometheus/wal/0"), "holds a file twice (prometheus/wal/0)"),
    ],
)
def test_nothing_but_plain_files_in_their_place_is_unpacked(
    tmp_path: Path, evil: tuple[tarfile.TarInfo, bytes], wrong: str
) -> None:
    path = forge(tmp_path, members=[evil])

    with pytest.raises(StateError) as caught:
        read_archive(path, tmp_path / "state" / "out")

    assert wrong in caught.value.message
    assert set(tmp_path.iterdir()) == {path, tmp_path / "state"}
    assert set(read_files(tmp_path / "state")) == {"out/wal/0"}


@pytest.mark.parametrize("about", [b"", b"[]", b"{}", b'{"format": 1}', b'{"format": 1, "created": "x", "more": 1}'])
def test_an_archive_that_says_nothing_of_itself_is_damaged(tmp_path: Path, about: bytes) -> None:
    with pytest.raises(StateError, match=r"is damaged \(kubeglass-backup\.json: "):
        read_archive(forge(tmp_path, about=about))


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        pytest.param({"sums": ""}, "its end is missing", id="no checksums"),
        pytest.param({"sums": "00  prometheus/wal/0\n"}, "json is not as it was written", id="wrong checksum"),
        pytest.param({"sums": f"{SUMS}00  prometheus/z\n"}, "prometheus/z is not as it was written", id="missing"),
        pytest.param({"sums": SUMS, "members": [member("prometheus/y")]}, "prometheus/y is not as", id="unknown"),
        pytest.param({"after": [member("prometheus/wal/1")]}, "something follows SHA256SUMS", id="more to come"),
    ],
)
def test_an_archive_must_hold_exactly_what_its_checksums_name(
    tmp_path: Path, changes: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(StateError, match=rf"is damaged \({wrong}" if "json" not in wrong else wrong):
        read_archive(forge(tmp_path, **changes))


def test_a_disk_that_refuses_is_told_apart_from_a_damaged_archive(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")

    with pytest.raises(StateError, match=r"out.*: cannot be written"):
        read_archive(archive, tmp_path / "out")
