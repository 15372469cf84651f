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

This server is running; only the page's files are missing.
In a checkout of kubeglass, build them with:

    make page

and reload. An installed kubeglass includes the page: reinstall it.
"""


class Page:
    """Serves the page's document at ``/`` and ``/d/<uid>``; the page reads the path itself.

    Args:
        static: folder of the built page.
    """

    def __init__(self, static: Path) -> None:
        self._index = static / "index.html"

    async def read(self, _request: Request) -> Response:
        """Respond with the document, or with how to build it."""
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
        """Respond with a file, cached forever if its name contains a content hash."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = _HASHED.search(Path(full_path).name)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response


#: Scripts and data come from this server only; inline styles are allowed because Grafana's libraries write them.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """ASGI middleware that adds the headers above to every response, including errors."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application and add the headers to its response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)
