"""What the page server is told when it starts, checked before anything listens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kubeglass.errors import UsageError
from kubeglass.model.quantity import parse_duration

#: Names a browser on this machine uses; any other ``Host`` is refused, which defeats DNS rebinding.
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")

#: The page as ``viewer-ui`` builds it; absent in a checkout where it was not built yet.
STATIC_FOLDER = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class ProxyLimits:
    """How much one query may ask and answer.

    Args:
        request_bytes: longest query string or body accepted.
        response_bytes: longest answer passed on, counted as Prometheus sent it (compressed if the browser takes gzip).
        seconds: time from asking Prometheus to its last byte.
        connections: queries in flight at once; more wait for their turn within ``seconds``.
    """

    request_bytes: int = 64 * 1024
    response_bytes: int = 32 * 1024 * 1024
    seconds: float = 30.0
    connections: int = 16


@dataclass(frozen=True, slots=True)
class ViewerSettings:
    """Where the page server listens, what it serves and which Prometheus it asks.

    Args:
        prometheus_url: base address of Prometheus, without a trailing slash.
        dashboards: folder of ``<uid>.json`` files, read anew for each request.
        host: address to listen on.
        port: TCP port; 0 lets the system choose.
        time_interval: the data source's scrape interval as Prometheus writes it, the page's smallest step.
        allowed_hosts: names accepted in the ``Host`` header.
        static: folder of the built page.
        limits: bounds of one query.
    """

    prometheus_url: str
    dashboards: Path
    host: str = "127.0.0.1"
    port: int = 3000
    time_interval: str = "15s"
    allowed_hosts: tuple[str, ...] = LOOPBACK_NAMES
    static: Path = STATIC_FOLDER
    limits: ProxyLimits = ProxyLimits()


def check_prometheus_url(text: str) -> str:
    """Return the base address without its trailing slash.

    Raises:
        UsageError: it is no http address, or it carries a password, which would show in the process list.
    """
    try:
        url = urlsplit(text)
        valid = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        valid = False
    if not valid or url.query or url.fragment:
        raise UsageError(
            "--prometheus", "is not the address of a server", found=text, hint="give one such as http://127.0.0.1:9090"
        )
    if url.username or url.password:
        raise UsageError(
            "--prometheus",
            "must not carry a user name or password, other users of this machine could read it",
            hint="put a proxy that adds it in front of Prometheus",
        )
    return text.rstrip("/")


def check_port(text: str) -> int:
    """Return the TCP port.

    Raises:
        UsageError: it is not a number from 0 to 65535.
    """
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise UsageError("--port", "is not a TCP port", found=text, hint="give a number from 1 to 65535, or 0 for any")
    return int(text)


def check_time_interval(text: str) -> str:
    """Return the interval as it was written.

    Raises:
        UsageError: it is not a duration.
    """
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise UsageError("--time-interval", str(error), found=text) from error
    if seconds <= 0:
        raise UsageError("--time-interval", "must be longer than nothing", found=text, hint="give the scrape interval")
    return text
