"""The built page: its document and files, and the headers that restrict what a browser does with them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: A build's content hash in a file name, such as ``main-4KXQ7HZA.js``: such a file never changes.
_HASHED = re.compile(r"[-.][A-Za-z0-9_]{8,}\.[a-z0-9]+$")

NOT_BUILT = """\
The dashboard page is not built yet.

This server runs, and so may everything behind it; only the page's files are missing here.
In a checkout of kubeglass, build them with:

    make page

and load this address again. An installed kubeglass contains the page: install it anew.
"""


class Page:
    """Answers ``/`` and ``/d/<uid>`` with the page's document; the page reads the address itself.

    Args:
        static: folder of the built page.
    """

    def __init__(self, static: Path) -> None:
        self._index = static / "index.html"

    async def read(self, _request: Request) -> Response:
        """Answer the document, or say how to build it."""
        if not self._index.is_file():
            return PlainTextResponse(NOT_BUILT, 503, {"Cache-Control": "no-store"})
        return FileResponse(self._index, headers={"Cache-Control": "no-cache"})


class PageFiles(StaticFiles):
    """The page's other files."""

    def __init__(self, static: Path) -> None:
        super().__init__(directory=static, check_dir=False)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Answer a file, to be kept for good if its name says which content it has."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = _HASHED.search(Path(full_path).name)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response


#: Scripts and data come from this server alone; inline styles stay because Grafana's libraries write them at run time.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """ASGI middleware that adds the headers above to every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the head of its answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)
