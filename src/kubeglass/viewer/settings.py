"""The page server's settings, checked before it listens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kubeglass.errors import UsageError
from kubeglass.model.duration import parse_duration
from kubeglass.model.parts import LOOPBACK, VIEWER_PORT

#: ``Host`` names that a local browser sends; others are refused, to prevent DNS rebinding.
LOOPBACK_NAMES = (LOOPBACK, "localhost", "[::1]")

#: The page that ``viewer-ui`` builds; absent in a checkout before the first build.
STATIC_FOLDER = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class ProxyLimits:
    """Limits of one query.

    Args:
        request_bytes: maximum length of query string or body.
        response_bytes: maximum length of a response as Prometheus sends it (compressed if the browser accepts gzip).
        seconds: deadline for the whole response.
        connections: maximum number of concurrent queries; others wait, within ``seconds``.
    """

    request_bytes: int = 64 * 1024
    response_bytes: int = 32 * 1024 * 1024
    seconds: float = 30.0
    connections: int = 16


@dataclass(frozen=True, slots=True)
class ViewerSettings:
    """Where the page server listens, what it serves and which Prometheus it queries.

    Args:
        prometheus_url: base address of Prometheus, without a trailing slash.
        dashboards: folder of ``<uid>.json`` files, read at each request.
        host: address to listen on.
        port: TCP port; 0 lets the system choose.
        time_interval: the data source's scrape interval as Prometheus writes it, the page's smallest step.
        allowed_hosts: names accepted in the ``Host`` header.
        static: folder of the built page.
        limits: limits of one query.
    """

    prometheus_url: str
    dashboards: Path
    host: str = LOOPBACK
    port: int = VIEWER_PORT
    time_interval: str = "15s"
    allowed_hosts: tuple[str, ...] = LOOPBACK_NAMES
    static: Path = STATIC_FOLDER
    limits: ProxyLimits = ProxyLimits()


def check_prometheus_url(text: str) -> str:
    """Return the base address without its trailing slash.

    Raises:
        UsageError: it is not an HTTP address, or contains a password, which the process list would show.
    """
    try:
        url = urlsplit(text)
        valid = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        valid = False
    if not valid or url.query or url.fragment:
        raise UsageError(
            "--prometheus", "is not an HTTP address", found=text, hint="give one such as http://127.0.0.1:9090"
        )
    if url.username or url.password:
        raise UsageError(
            "--prometheus",
            "must not contain a user name or password, which other users of this machine could read",
            hint="put a proxy that adds them in front of Prometheus",
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
        raise UsageError("--time-interval", "must be greater than zero", found=text, hint="give the scrape interval")
    return text
