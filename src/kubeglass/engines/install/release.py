"""Installs programs from their official release: downloads it, resuming, and checks it against published checksums."""

from __future__ import annotations

import errno
import hashlib
import queue
import re
import shutil
import socket
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from kubeglass.engines.engine import Distribution, Release
from kubeglass.engines.install.cache import cache_root
from kubeglass.engines.install.progress import Phase, Progress
from kubeglass.engines.install.source import Unavailable
from kubeglass.engines.platform import Platform
from kubeglass.http import HTTPError, Response, first_hop, make_internet_client


def download_programs(distribution: Distribution, platform: Platform, staging: Path, progress: Progress) -> None:
    """Download, verify and unpack the release's programs into the folder ``staging``.

    Raises:
        Unavailable: there is no release for the platform, it cannot be downloaded, or its checksum is wrong.
    """
    release = (distribution.releases or {}).get(platform.os)
    if release is None or platform.arch not in {"amd64", "arm64"}:
        raise Unavailable(f"there is no official release for {platform}")
    names = {"version": distribution.version, "os": platform.os, "arch": platform.arch}
    url = release.archive.format(**names)
    filename = url.rpartition("/")[2]
    # The small file first: it shows within seconds whether the host can be reached.
    expected = _find_checksum(fetch_text(release.checksums.format(**names)), filename)
    archive = cache_root() / distribution.name / "downloads" / filename
    step = partial(progress.step, distribution.name)
    download(url, archive, lambda fraction: step(Phase.DOWNLOAD, filename, fraction=fraction))
    try:
        _verify(archive, expected)
        step(Phase.UNPACK, filename)
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
    # Extract only the content, to a fixed name: the archive cannot choose the path.
    try:
        info = tar.getmember(member)
    except KeyError:
        raise Unavailable(f"the release contains no {member}") from None
    content = tar.extractfile(info) if info.isfile() else None
    if content is None:
        raise Unavailable(f"the release's {member} is not a program")
    with content, target.open("wb") as file:
        shutil.copyfileobj(content, file)
    target.chmod(0o755)


CONNECT_TIMEOUT = 3.0
"""Seconds until a host counts as unreachable, name lookup included."""
READ_TIMEOUT = 20.0
"""Seconds without a byte after which a transfer counts as broken."""
NETWORK_HINT = "check the network"
_TRIES = 3
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 206, 416
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


def fetch_text(url: str) -> str:
    """Return a small text file.

    Raises:
        Unavailable: the host is unreachable or has no such file.
    """
    require_reachable(url)
    try:
        with _get(url) as response:
            return response.read().decode("utf-8", "replace")
    except HTTPError as error:
        reason = f"{urlsplit(url).hostname} breaks off ({str(error) or type(error).__name__})"
        raise Unavailable(reason, hint=NETWORK_HINT) from error


def download(url: str, target: Path, on_fraction: Callable[[float], None] = lambda _: None) -> None:
    """Download to ``target``; an interrupted download leaves ``<target>.part``, which the next call resumes.

    Args:
        url: address of the file.
        target: where the file goes; it exists only once it is complete.
        on_fraction: called with the fraction downloaded so far, 0 to 1, if the server sends the length.

    Raises:
        Unavailable: the host is unreachable, has no such file, or the transfer broke off several times.
    """
    require_reachable(url)
    part = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    last: Exception | None = None
    for _ in range(_TRIES):
        try:
            if _transfer(url, part, on_fraction):
                part.replace(target)
                return
        except (HTTPError, OSError) as error:
            if isinstance(error, OSError) and error.errno in _DISK_FULL:
                reason = f"the disk of {part.parent} is full"
                raise Unavailable(reason, hint="free some space, then try again") from error
            last = error
    raise Unavailable(
        f"the download from {urlsplit(url).hostname} broke off {_TRIES} times",
        hint="try again: the download resumes where it stopped",
        details=(str(last),) if last else (),
    ) from last


def require_reachable(url: str) -> None:
    """Check within ``CONNECT_TIMEOUT`` that the host, or the proxy in front of it, accepts connections.

    Raises:
        Unavailable: it does not.
    """
    address = first_hop(url)
    results: queue.Queue[OSError | None] = queue.Queue()
    # A thread, because a name lookup has no timeout; a daemon, because nothing waits for it after the timeout.
    threading.Thread(target=_try_to_connect, args=(address, results), daemon=True).start()
    try:
        failure = results.get(timeout=CONNECT_TIMEOUT)
    except queue.Empty:
        failure = TimeoutError(f"no answer within {CONNECT_TIMEOUT:.0f} s")
    if failure is not None:
        raise Unavailable(f"{address[0]} cannot be reached ({failure.strerror or failure})", hint=NETWORK_HINT)


def _try_to_connect(address: tuple[str, int], results: queue.Queue[OSError | None]) -> None:
    try:
        socket.create_connection(address, timeout=CONNECT_TIMEOUT).close()
    except OSError as error:
        results.put(error)
    else:
        results.put(None)


def _transfer(url: str, part: Path, on_fraction: Callable[[float], None]) -> bool:
    """Fetch what is missing; return whether the file is complete now."""
    offset = part.stat().st_size if part.exists() else 0
    with _get(url, offset) as response:
        if response.status_code == _RANGE_NOT_SATISFIABLE:
            # The part is at least as long as the file: start over.
            part.unlink()
            return False
        is_resumed = response.status_code == _PARTIAL_CONTENT
        done = offset if is_resumed else 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        with part.open("ab" if is_resumed else "wb") as file:
            # Write chunks as they arrive, so that an interrupted transfer can be resumed.
            for chunk in response.iter_raw():
                file.write(chunk)
                done += len(chunk)
                if total:
                    on_fraction(done / total)
    return total is None or done == total


@contextmanager
def _get(url: str, offset: int = 0) -> Iterator[Response]:
    # identity: offsets and lengths count the bytes of the file itself.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
    with (
        make_internet_client(connect_seconds=CONNECT_TIMEOUT, read_seconds=READ_TIMEOUT) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        if response.is_error and not (response.status_code == _RANGE_NOT_SATISFIABLE and offset):
            target = urlsplit(url)
            raise Unavailable(f"{target.hostname} answers {response.status_code} for {target.path}")
        yield response
