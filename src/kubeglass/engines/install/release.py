"""Obtain programs from their official release, checked against the checksums published with it."""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from kubeglass.engines.distribution import Distribution, Release
from kubeglass.engines.install.cache import cache_root
from kubeglass.engines.install.download import download, fetch_text
from kubeglass.engines.install.progress import Phase, Progress
from kubeglass.engines.install.source import Unavailable

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Host:
    """An operating system (``linux``, ``darwin``) and an architecture (``amd64``, ``arm64``)."""

    os: str
    arch: str

    def __str__(self) -> str:
        return f"{self.os}/{self.arch}"


def detect_host() -> Host:
    """Name this machine; an architecture that no archive knows keeps its own name."""
    machine = platform.machine().lower()
    return Host(platform.system().lower(), _ARCHITECTURES.get(machine, machine))


#: No program is larger; an archive that says so is not the right one.
LARGEST_PROGRAM = 1024**3


def download_programs(distribution: Distribution, host: Host, staging: Path, progress: Progress) -> None:
    """Download, verify and unpack the release's programs into the folder ``staging``.

    Raises:
        Unavailable: there is no release for this machine, it cannot be fetched, or it is not what its makers published.
    """
    release = (distribution.releases or {}).get(host.os)
    if release is None or host.arch not in {"amd64", "arm64"}:
        raise Unavailable(f"there is no official release for {host}")
    names = {"version": distribution.version, "os": host.os, "arch": host.arch}
    url = release.archive.format(**names)
    filename = url.rpartition("/")[2]
    # The small file first: it shows within seconds whether the host can be reached.
    expected = _find_checksum(fetch_text(release.checksums.format(**names)), filename)
    archive = cache_root() / distribution.name / "downloads" / filename
    download(
        url,
        archive,
        lambda fraction: progress.step(distribution.name, Phase.DOWNLOAD, filename, fraction=fraction),
    )
    try:
        _verify(archive, expected)
        progress.step(distribution.name, Phase.UNPACK, filename)
        _unpack(archive, release, names, staging)
    finally:
        archive.unlink(missing_ok=True)


def _find_checksum(listing: str, filename: str) -> str:
    for line in listing.splitlines():
        checksum, _, name = line.strip().partition(" ")
        if name.lstrip(" *") == filename and re.fullmatch(r"[0-9a-f]{64}", checksum):
            return checksum
    raise Unavailable(f"the release has no checksum for {filename}")


def _verify(archive: Path, expected: str) -> None:
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise Unavailable(
            f"{archive.name} does not match its published checksum",
            hint="try again; if it fails again, something on the network alters downloads",
            details=(f"published {expected}", f"received  {found}"),
        )


def _unpack(archive: Path, release: Release, names: dict[str, str], staging: Path) -> None:
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for program, member in release.members.items():
                _extract(tar, member.format(**names), staging / program)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Unavailable(f"{archive.name} cannot be unpacked ({error})") from error


def _extract(tar: tarfile.TarFile, member: str, target: Path) -> None:
    # Extract only the content of the named file, under a fixed name: the archive cannot choose the path.
    try:
        info = tar.getmember(member)
    except KeyError:
        raise Unavailable(f"the release contains no {member}") from None
    content = tar.extractfile(info) if info.isfile() else None
    if content is None or info.size > LARGEST_PROGRAM:
        raise Unavailable(f"the release's {member} is not a program")
    with content, target.open("wb") as file:
        shutil.copyfileobj(content, file)
    target.chmod(0o755)
