"""Who may use the page: requests with a known ``Host`` and, beyond loopback, the password."""

from __future__ import annotations

import ipaddress
import secrets
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from kubeglass.model.parts import LOOPBACK

#: ``Host`` names that a local browser sends; others are refused, to prevent DNS rebinding.
LOOPBACK_NAMES = (LOOPBACK, "localhost", "[::1]")

#: Health checks come without a password.
HEALTH_PATH = "/healthz"

#: Headers of a request that a proxy passed on: its sender is somebody else.
_FORWARDED = ("forwarded", "x-forwarded-for")

_FORWARDS_ONLY = """\
This page has no password, so it is served to this machine only.

On a cluster, open it with `kubeglass open --cluster viewer` or `kubectl port-forward service/viewer 3000`,
or create its Secret: the command is at the top of viewer.yaml. Elsewhere, give it a --password-file.
"""


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What a request must have.

    Args:
        host: address that the server listens on; only beyond loopback is the password required.
        names: accepted in the ``Host`` header, without a port; ``*.example.com`` stands for every name below it.
        password_file: holds the password that HTTP basic authentication must show, with any user name; it is read at
            each request. Without one, everybody beyond loopback is refused.
        secure_names: those of ``names`` that a proxy serves over HTTPS; requests that reached it over plain HTTP are
            redirected, so that no browser shows the password there.
    """

    host: str
    names: tuple[str, ...]
    password_file: Path | None = None
    secure_names: tuple[str, ...] = ()

    def refuse(self, request: Request) -> Response | None:
        """Return the response that refuses ``request``, or None if it is accepted."""
        name = _host_name(request)
        if not self._knows(name):
            words = f"Invalid host header: {name or 'none'}. Use the page's address, or accept the name (--allow-host)."
            return PlainTextResponse(words, 400)
        if name in self.secure_names and request.headers.get("x-forwarded-proto") == "http":
            # Not 301: a browser would remember it even after the certificate is given up.
            return RedirectResponse(request.url.replace(scheme="https", netloc=name), 307)
        if request.url.path == HEALTH_PATH or is_loopback(self.host) or _is_local(request, name):
            return None
        password = self._read_password()
        if not password:
            return PlainTextResponse(_FORWARDS_ONLY, 403)
        if secrets.compare_digest(_given_password(request), password):
            return None
        challenge = {"WWW-Authenticate": 'Basic realm="kubeglass", charset="UTF-8"', "Cache-Control": "no-store"}
        return PlainTextResponse("Sign in with any user name and the page's password.", 401, challenge)

    def _knows(self, name: str) -> bool:
        if any(name == known or (known[:2] == "*." and name.endswith(known[1:])) for known in self.names):
            return True
        # Nobody can rebind a numeric address, and a cluster's page is opened by that of any node.
        return not is_loopback(self.host) and _is_address(name)

    def _read_password(self) -> bytes:
        try:
            return self.password_file.read_bytes().strip() if self.password_file else b""
        except OSError:
            # A Secret that was not created yet.
            return b""


class Access:
    """ASGI middleware that applies the rules."""

    def __init__(self, app: ASGIApp, rules: AccessRules) -> None:
        self.app = app
        self.rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application, or respond with the refusal."""
        refusal = self.rules.refuse(Request(scope)) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Return whether ``host``, an address or name, is this machine's loopback."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host.strip("[]")).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _is_local(request: Request, name: str) -> bool:
    """Return whether the browser is on the server's own machine, as with ``kubectl port-forward``."""
    peer = request.client.host if request.client else ""
    return is_loopback(peer) and is_loopback(name) and not any(header in request.headers for header in _FORWARDED)


def _host_name(request: Request) -> str:
    """Return the name in the ``Host`` header, without its port; an IPv6 address keeps its brackets."""
    try:
        name = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""
    return f"[{name}]" if ":" in name else name


def _given_password(request: Request) -> bytes:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return b64decode(credentials, validate=True).partition(b":")[2]
    except ValueError:
        return b""
