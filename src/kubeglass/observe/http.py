"""The one place that makes HTTP clients: every request has a deadline, and none goes through a proxy by accident."""

from __future__ import annotations

import ssl
from functools import cache

import httpx

#: What a local engine answers within when it is well; a query that needs longer gets its own deadline.
DEFAULT_TIMEOUT_SECONDS = 5.0


def make_client(*, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, base_url: str = "") -> httpx.Client:
    """Make a synchronous client; close it, or use it in a ``with``.

    Args:
        timeout_seconds: the deadline of connecting, of each read and of each write.
        base_url: put before relative addresses.
    """
    # trust_env=False: a proxy or a netrc of the shell must not come between us and an engine on the loopback.
    return httpx.Client(timeout=timeout_seconds, base_url=base_url, trust_env=False, verify=_tls())


def make_async_client(*, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, base_url: str = "") -> httpx.AsyncClient:
    """Make a client for code that runs in an event loop; the same deadlines as :func:`make_client`."""
    return httpx.AsyncClient(timeout=timeout_seconds, base_url=base_url, trust_env=False, verify=_tls())


@cache
def _tls() -> ssl.SSLContext:
    # Reading the certificates takes 20 ms, too long for a probe that is made twenty times a second.
    return ssl.create_default_context()
