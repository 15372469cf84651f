"""Download over HTTP: give up quickly on an unreachable host, and resume an interrupted transfer."""

from __future__ import annotations

import errno
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from kubeglass.engines.install.source import Unavailable
from kubeglass.http import HTTPError, Response, first_hop, make_internet_client

CONNECT_TIMEOUT = 3.0
"""Seconds until a host counts as unreachable, name lookup included."""
READ_TIMEOUT = 20.0
"""Seconds without a byte after which a transfer counts as broken."""
DOWNLOAD_DEADLINE = 1200.0
"""Seconds for one whole file."""
NETWORK_HINT = "check the network"
_TRIES = 3
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 206, 416
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
_TEXT_LIMIT = 1024 * 1024


def fetch_text(url: str) -> str:
    """Return a small text file.

    Raises:
        Unavailable: the host is unreachable or has no such file.
    """
    require_reachable(url)
    with _open(url, offset=0) as response:
        try:
            content = next(response.iter_bytes(_TEXT_LIMIT), b"")
        except HTTPError as error:
            raise _broken_off(url, error) from error
    return content.decode("utf-8", "replace")


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
    give_up = time.monotonic() + DOWNLOAD_DEADLINE
    for _ in range(_TRIES):
        if _transfer(url, part, give_up, on_fraction):
            part.replace(target)
            return
    raise Unavailable(
        f"the download from {urlsplit(url).hostname} broke off {_TRIES} times",
        hint="try again: the download resumes where it stopped",
    )


def require_reachable(url: str) -> None:
    """Check within ``CONNECT_TIMEOUT`` that the host, or the proxy in front of it, accepts connections.

    Raises:
        Unavailable: it does not.
    """
    address = first_hop(url)
    results: queue.Queue[OSError | None] = queue.Queue()
    # A thread, because a name lookup has no timeout; a daemon, because nobody waits for a late one.
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


def _transfer(url: str, part: Path, give_up: float, on_fraction: Callable[[float], None]) -> bool:
    """Fetch what is missing; return whether the file is complete now."""
    offset = part.stat().st_size if part.exists() else 0
    try:
        with _open(url, offset) as response:
            if response.status_code == _RANGE_NOT_SATISFIABLE:
                # The part is at least as long as the file: start over.
                part.unlink()
                return False
            resumed = response.status_code == _PARTIAL_CONTENT and _starts_at(response, offset)
            offset = offset if resumed else 0
            length = response.headers.get("Content-Length")
            total = offset + int(length) if length else None
            with part.open("ab" if resumed else "wb") as file:
                written = _copy(response, file, offset, total, give_up, on_fraction)
            return total is None or written == total
    except HTTPError:
        return False
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise Unavailable(f"the disk of {part.parent} is full", hint="free some space, then try again") from error
        return False


def _copy(
    response: Response,
    file: IO[bytes],
    offset: int,
    total: int | None,
    give_up: float,
    on_fraction: Callable[[float], None],
) -> int:
    # In the chunks in which they arrive: what came before an interruption is on disk, so it can be resumed.
    for chunk in response.iter_raw():
        file.write(chunk)
        offset += len(chunk)
        if total:
            on_fraction(offset / total)
        if time.monotonic() > give_up:
            raise Unavailable(
                f"the download takes longer than {DOWNLOAD_DEADLINE / 60:.0f} min",
                hint="try again: the download resumes where it stopped",
            )
    return offset


def _starts_at(response: Response, offset: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")


@contextmanager
def _open(url: str, offset: int) -> Iterator[Response]:
    # identity: offsets and lengths count the bytes of the file itself.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
    with make_internet_client(connect_seconds=CONNECT_TIMEOUT, read_seconds=READ_TIMEOUT) as client:
        try:
            response = client.send(client.build_request("GET", url, headers=headers), stream=True)
        except HTTPError as error:
            raise _broken_off(url, error) from error
        try:
            if response.is_error and not (response.status_code == _RANGE_NOT_SATISFIABLE and offset):
                target = urlsplit(url)
                raise Unavailable(f"{target.hostname} answers {response.status_code} for {target.path}")
            yield response
        finally:
            response.close()


def _broken_off(url: str, error: HTTPError) -> Unavailable:
    return Unavailable(f"{urlsplit(url).hostname} breaks off ({str(error) or type(error).__name__})", hint=NETWORK_HINT)
