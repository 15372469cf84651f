"""A release is used only if it is what its makers published, and only its programs are taken out."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from kubeglass.engines.engine import Release
from kubeglass.engines.install.cache import cache_root
from kubeglass.engines.install.progress import Phase
from kubeglass.engines.install.release import download_programs
from kubeglass.engines.install.source import Unavailable
from kubeglass.engines.platform import Platform
from tests.unit.engines.gadget import Diary, make_distribution
from tests.unit.engines.release_host import ReleaseHost, pack

HOST = Platform("linux", "amd64")


def _download(release: Release, folder: Path, host: Platform = HOST) -> Diary:
    diary = Diary()
    download_programs(make_distribution(releases={"linux": release}), host, folder, diary)
    return diary


def test_the_program_is_taken_out_and_can_be_run(release_host: ReleaseHost, tmp_path: Path) -> None:
    release = release_host.publish(pack({"gadget-1.2.3/README": b"read me", "gadget-1.2.3/gadget": b"#!/bin/sh\n"}))

    diary = _download(release, tmp_path)

    assert (tmp_path / "gadget").read_bytes() == b"#!/bin/sh\n"
    assert (tmp_path / "gadget").stat().st_mode & 0o777 == 0o755
    assert diary.phases() == [Phase.DOWNLOAD, Phase.UNPACK]
    assert list((cache_root() / "gadget" / "downloads").iterdir()) == []


def test_another_checksum_than_published_is_refused_and_nothing_kept(release_host: ReleaseHost, tmp_path: Path) -> None:
    release = release_host.publish(pack({"gadget-1.2.3/gadget": b"altered"}), checksum="a" * 64)

    with pytest.raises(Unavailable, match="does not match its published checksum") as caught:
        _download(release, tmp_path)

    assert f"published {'a' * 64}" in caught.value.details
    assert not (tmp_path / "gadget").exists()
    assert list((cache_root() / "gadget" / "downloads").iterdir()) == []


@pytest.mark.parametrize("listing", [b"", b"0123  gadget.tar.gz\n", b"<html>", b"\xff\xfe", b"a" * 64])
def test_without_a_published_checksum_nothing_is_downloaded(
    listing: bytes, release_host: ReleaseHost, tmp_path: Path
) -> None:
    release = release_host.publish(pack({"gadget-1.2.3/gadget": b"x"}))
    release_host.files["/sums.txt"] = listing

    with pytest.raises(Unavailable, match=r"has no checksum for gadget\.tar\.gz"):
        _download(release, tmp_path)
    assert [path for path, _ in release_host.requests] == ["/sums.txt"]


def test_an_archive_without_the_program_is_refused(release_host: ReleaseHost, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"contains no gadget-1\.2\.3/gadget"):
        _download(release_host.publish(pack({"gadget": b"x"})), tmp_path)


def test_what_is_no_archive_is_refused(release_host: ReleaseHost, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be unpacked"):
        _download(release_host.publish(b"<html>not found</html>"), tmp_path)


def test_a_link_in_the_programs_place_is_refused(release_host: ReleaseHost, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        link = tarfile.TarInfo("gadget-1.2.3/gadget")
        link.type, link.linkname = tarfile.SYMTYPE, "/bin/sh"
        tar.addfile(link)

    with pytest.raises(Unavailable, match="is not a program"):
        _download(release_host.publish(buffer.getvalue()), tmp_path)


@pytest.mark.parametrize("host", [Platform("freebsd", "amd64"), Platform("linux", "riscv64")], ids=str)
def test_a_machine_without_a_release_is_told_so(host: Platform, release_host: ReleaseHost, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=f"no official release for {host}"):
        _download(release_host.release, tmp_path, host)
