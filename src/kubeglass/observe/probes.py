"""Probes: whether something responds over HTTP, accepts connections, or is an app that kubeglass instrumented."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Protocol

from kubeglass.catalog import PROBE_PATH, PROBE_REQUESTS
from kubeglass.http import make_client
from kubeglass.observe.errors import ObserveError, translate_http_errors

#: A slower health endpoint counts as failing.
PROBE_TIMEOUT_SECONDS = 2.0

#: The library's response to a probe; whatever responds otherwise has not counted it.
PROBE_STATUS = 204


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of one probe; ``detail`` is what was found instead if it is not ``ok``.

    What ``answered``, though not as expected, is alive.
    """

    ok: bool
    detail: str = ""
    answered: bool = False


class Probe(Protocol):
    """A check that can be repeated from any thread."""

    def check(self) -> ProbeResult:
        """Check once; never raises, and returns within a few seconds."""
        ...


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """GET a page, which must respond with 2xx, or, with ``any_status``, at all."""

    url: str
    any_status: bool = False

    def check(self) -> ProbeResult:
        """Ask once."""
        try:
            with translate_http_errors(self.url), make_client(timeout_seconds=PROBE_TIMEOUT_SECONDS) as client:
                response = client.get(self.url)
        except ObserveError as error:
            return ProbeResult(ok=False, detail=str(error))
        if response.is_success or self.any_status:
            return ProbeResult(ok=True)
        words = " ".join(response.text.split())[:200]
        detail = f"{self.url} responded with {response.status_code}: {words}".rstrip(": ")
        return ProbeResult(ok=False, detail=detail, answered=True)


@dataclass(frozen=True, slots=True)
class TcpProbe:
    """Connect to a port and close the connection."""

    host: str
    port: int

    def check(self) -> ProbeResult:
        """Connect once."""
        try:
            socket.create_connection((self.host, self.port), timeout=PROBE_TIMEOUT_SECONDS).close()
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
            return ProbeResult(ok=False, detail=f"{self.host}:{self.port} does not accept connections ({reason})")
        return ProbeResult(ok=True)


def send_probe(app_url: str, metrics_path: str) -> bool:
    """Send one request to the probe path of an app, unless its metrics page has no counter for such requests.

    Args:
        app_url: base address of the app.
        metrics_path: where its metrics page is.

    Returns:
        Whether kubeglass's library in the app responded, and so counted it; it never reaches a view then.
    """
    try:
        with translate_http_errors(app_url), make_client(timeout_seconds=PROBE_TIMEOUT_SECONDS) as client:
            if PROBE_REQUESTS.name not in client.get(app_url + metrics_path).text:
                return False
            return client.get(app_url + PROBE_PATH).status_code == PROBE_STATUS
    except ObserveError:
        return False
