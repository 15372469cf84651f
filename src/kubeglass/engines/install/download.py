"""Download over HTTP: quick to give up on an unreachable host, and able to go on where an earlier try stopped.

The one place beside :mod:`kubeglass.observe.http` that speaks HTTP: engines are obtained in a room below that one. It
keeps to the standard library.
"""

from __future__ import annotations

import errno
import queue
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.parse import SplitResult, urlsplit

from kubeglass.engines.install.unavailable import Unavailable

CONNECT_TIMEOUT = 3.0
"""Seconds until a host counts as unreachable, name look-up included."""
READ_TIMEOUT = 20.0
"""Seconds without a byte after which a transfer counts as broken."""
DOWNLOAD_DEADLINE = 1200.0
"""Seconds for one file in all."""
_TRIES = 3
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 206, 416
_CHUNK = 256 * 1024
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
_TEXT_LIMIT = 1024 * 1024
NETWORK_HINT = "check the network"


class _StayOnHttps(urllib.request.HTTPRedirectHandler):
    """Refuses to be led from https to anything else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if req.type == "https" and not newurl.startswith("https://"):
            raise Unavailable(f"{urlsplit(req.full_url).hostname} leads away from https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch_text(url: str) -> str:
    """Return a small text file.

    Raises:
        Unavailable: the host is unreachable or has no such file.
    """
    require_reachable(url)
    with _open(url, offset=0) as response:
        return response.read(_TEXT_LIMIT).decode("utf-8", "replace")


def download(url: str, target: Path, on_fraction: Callable[[float], None] = lambda _: None) -> None:
    """Download to ``target``; what an interruption leaves in ``<target>.part`` is continued by the next call.

    Args:
        url: address of the file.
        target: where the whole file goes; it exists only once it is complete.
        on_fraction: called with the part that is here, 0 to 1, if the server says how long the file is.

    Raises:
        Unavailable: the host is unreachable, has no such file, or the transfer broke several times.
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
        f"the download from {urlsplit(url).hostname} broke off {_TRIES} times", hint="try again: what is here is kept"
    )


def require_reachable(url: str) -> None:
    """Check within ``CONNECT_TIMEOUT`` that the host, or the proxy in front of it, accepts connections.

    Raises:
        Unavailable: it does not.
    """
    address = _first_hop(urlsplit(url))
    answers: queue.Queue[OSError | None] = queue.Queue()
    # A thread, because a name look-up knows no timeout; a daemon, because nobody waits for a late one.
    threading.Thread(target=_try_to_connect, args=(address, answers), daemon=True).start()
    try:
        fault = answers.get(timeout=CONNECT_TIMEOUT)
    except queue.Empty:
        fault = TimeoutError(f"no answer within {CONNECT_TIMEOUT:.0f} s")
    if fault is not None:
        raise Unavailable(f"{address[0]} cannot be reached ({fault.strerror or fault})", hint=NETWORK_HINT)


def _first_hop(url: SplitResult) -> tuple[str, int]:
    host = url.hostname or ""
    proxy = urllib.request.getproxies().get(url.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        url = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    return url.hostname or host, url.port or (443 if url.scheme == "https" else 80)


def _try_to_connect(address: tuple[str, int], answers: queue.Queue[OSError | None]) -> None:
    try:
        socket.create_connection(address, timeout=CONNECT_TIMEOUT).close()
    except OSError as error:
        answers.put(error)
    else:
        answers.put(None)


def _transfer(url: str, part: Path, give_up: float, on_fraction: Callable[[float], None]) -> bool:
    """Fetch what is missing; return whether the file is complete now."""
    offset = part.stat().st_size if part.exists() else 0
    try:
        with _open(url, offset) as response:
            resumed = response.status == _PARTIAL_CONTENT and _starts_at(response, offset)
            offset = offset if resumed else 0
            length = response.headers.get("Content-Length")
            total = offset + int(length) if length else None
            with part.open("ab" if resumed else "wb") as file:
                written = _copy(response, file, offset, total, give_up, on_fraction)
            return total is None or written == total
    except urllib.error.HTTPError as error:
        # The server has no such range: the part is as long as the file or longer. Start afresh.
        error.close()
        part.unlink()
        return False
    except (OSError, HTTPException) as error:
        if isinstance(error, OSError) and error.errno in _DISK_FULL:
            raise Unavailable(f"the disk of {part.parent} is full", hint="free some space, then try again") from error
        return False


def _copy(
    response: HTTPResponse,
    file: IO[bytes],
    offset: int,
    total: int | None,
    give_up: float,
    on_fraction: Callable[[float], None],
) -> int:
    while chunk := response.read(_CHUNK):
        file.write(chunk)
        offset += len(chunk)
        if total:
            on_fraction(offset / total)
        if time.monotonic() > give_up:
            raise Unavailable(
                f"the download takes longer than {DOWNLOAD_DEADLINE / 60:.0f} min",
                hint="try again: what is here is kept",
            )
    return offset


def _starts_at(response: HTTPResponse, offset: int) -> bool:
    return str(response.headers.get("Content-Range", "")).startswith(f"bytes {offset}-")


def _open(url: str, offset: int) -> HTTPResponse:
    headers = {"User-Agent": "kubeglass"} | ({"Range": f"bytes={offset}-"} if offset else {})
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  # addresses stand in versions.toml
    opener = urllib.request.build_opener(_StayOnHttps)
    try:
        response: HTTPResponse = opener.open(request, timeout=READ_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == _RANGE_NOT_SATISFIABLE and offset:
            raise
        error.close()
        raise Unavailable(f"{urlsplit(url).hostname} answers {error.code} for {urlsplit(url).path}") from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise Unavailable(f"{urlsplit(url).hostname} breaks off ({reason})", hint=NETWORK_HINT) from error
    return response
