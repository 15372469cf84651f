"""HTTP clients. Only this module knows the client library; everything else imports what it needs from here.

httpx2, because lightkube requires it: the cluster, Prometheus and the download of engines share one library.
"""

from __future__ import annotations

import ssl
import urllib.request
from functools import cache
from urllib.parse import urlsplit

import httpx2
from httpx2 import AsyncClient, Client, HTTPError, InvalidURL, Request, Response, TimeoutException, TransportError

__all__ = [
    "DEFAULT_TIMEOUT_SECONDS",
    "LOGGER_NAME",
    "AsyncClient",
    "Client",
    "HTTPError",
    "InvalidURL",
    "Request",
    "Response",
    "TimeoutException",
    "TransportError",
    "first_hop",
    "make_async_client",
    "make_client",
    "make_internet_client",
]

#: A healthy local engine responds well within this; a query that may take longer sets its own deadline.
DEFAULT_TIMEOUT_SECONDS = 5.0

#: The library logs one line per request under this name.
LOGGER_NAME = httpx2.__name__


def make_client(*, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, base_url: str = "") -> Client:
    """Make a client for this machine or a port-forward; close it, or use it in a ``with`` block.

    Args:
        timeout_seconds: deadline for connecting, for each read and for each write.
        base_url: prefix for relative URLs.
    """
    # trust_env=False: the shell's proxy or netrc must not come between us and an engine on the loopback.
    return Client(timeout=timeout_seconds, base_url=base_url, trust_env=False, verify=_tls())


def make_async_client(*, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, base_url: str = "") -> AsyncClient:
    """Make the client of :func:`make_client` for code that runs in an event loop."""
    return AsyncClient(timeout=timeout_seconds, base_url=base_url, trust_env=False, verify=_tls())


def make_internet_client(
    *, connect_seconds: float, read_seconds: float, transport: httpx2.BaseTransport | None = None
) -> Client:
    """Make a client that uses the shell's proxy and follows redirects, except from https to http.

    Args:
        connect_seconds: deadline for connecting.
        read_seconds: longest time without a byte.
        transport: replaces the network in a test.
    """
    return Client(
        timeout=httpx2.Timeout(read_seconds, connect=connect_seconds),
        headers={"User-Agent": "kubeglass"},
        follow_redirects=True,
        event_hooks={"response": [_stay_on_https]},
        verify=_tls(),
        transport=transport,
    )


def first_hop(url: str) -> tuple[str, int]:
    """Return the host and port that :func:`make_internet_client` connects to: the proxy's if there is one."""
    target = urlsplit(url)
    host = target.hostname or ""
    proxy = urllib.request.getproxies().get(target.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        target = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    return target.hostname or host, target.port or (443 if target.scheme == "https" else 80)


def _stay_on_https(response: Response) -> None:
    if not response.has_redirect_location or response.url.scheme != "https":
        return
    target = response.url.join(response.headers["Location"])
    if target.scheme != "https":
        raise httpx2.UnsupportedProtocol(f"redirects from https to {target.scheme}", request=response.request)


@cache
def _tls() -> ssl.SSLContext:
    # Loading the certificates takes 20 ms: too long for a probe that runs twenty times a second.
    return ssl.create_default_context()
