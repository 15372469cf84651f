"""Serve the metrics as a WSGI application."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from kubeglass.errors import InstrumentationError
from kubeglass.instrument.registration import restore_metrics
from kubeglass.instrument.storage.cells import Store
from kubeglass.instrument.storage.file_store import FileStore
from kubeglass.instrument.storage.multiprocess_folder import multiprocess_folder
from kubeglass.instrument.text.encoding import choose_coding, choose_format, join_lines
from kubeglass.instrument.text.format import Format
from kubeglass.instrument.text.registry import PYTHON, write_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import StartResponse, WSGIEnvironment

logger = logging.getLogger("kubeglass.instrument")

#: The only port at which the metrics are served, if the server listens on several: on a cluster they have their own
#: port, which no Service exposes.
PORT_VARIABLE = "KUBEGLASS_METRICS_PORT"
PLAIN = ("Content-Type", "text/plain; charset=utf-8")

#: Where gunicorn and Werkzeug's development server keep a request's connection.
SOCKETS = ("gunicorn.socket", "werkzeug.socket")


class MetricsEndpoint:
    """Serves a registry's metrics, of all workers if they share a folder.

    Args:
        registry: the registry.
        token: the bearer token that a scrape must present, or empty for none.
        authorize: returns whether a scrape may read the metrics, in addition to the token; None allows all.
        python_metrics: whether metrics of the Python runtime are shown.
        port: the only one of the server's ports at which the metrics are served, or empty for all.
        headers: headers of every response.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        token: str,
        authorize: Callable[[WSGIEnvironment], bool] | None,
        python_metrics: bool,
        port: str = "",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._registry = registry
        self._folder = multiprocess_folder()
        self._token = token.encode()
        self._authorize = authorize
        self._port = port
        self._headers = headers
        skipped = () if python_metrics else PYTHON
        self._write: Callable[[Format], Iterator[str]] = partial(write_registry, registry, skipped=skipped)
        if self._folder is not None:
            # Imported only if needed: it takes a third of the library's import time.
            from kubeglass.instrument.multiprocess.shared_registry import SharedRegistry

            self._write = SharedRegistry(registry, self._folder, python_metrics=python_metrics).write

    def compact_for(self, store: Store) -> None:
        """Compact the files of dead workers in the background, from the first request that this store counts."""
        if self._folder is not None and isinstance(store, FileStore):
            from kubeglass.instrument.multiprocess.background_compaction import compact_in_background

            compact_in_background(self._folder, self._registry, store)

    def respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one scrape, as a WSGI application."""
        status, headers, body = self._make_response(environ)
        start_response(status, [*headers, ("Content-Length", str(len(body))), *self._headers])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _make_response(self, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
        if self._port and port_of(environ) != self._port:
            return "404 Not Found", [PLAIN], b"not found\n"
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return "405 Method Not Allowed", [PLAIN, ("Allow", "GET, HEAD")], b"only GET and HEAD\n"
        if not self._has_token(environ.get("HTTP_AUTHORIZATION", "")):
            return "401 Unauthorized", [PLAIN, ("WWW-Authenticate", "Bearer")], b"a bearer token is needed\n"
        if not self._is_authorized(environ):
            return "401 Unauthorized", [PLAIN, ("WWW-Authenticate", 'Basic realm="metrics"')], b"not authorized\n"
        format_ = choose_format(environ.get("HTTP_ACCEPT", ""))
        coding = choose_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if coding is None:
            return "406 Not Acceptable", [PLAIN], b"only gzip and identity are available\n"
        try:
            body = join_lines(self._lines(format_), gzip=coding == "gzip")
        except InstrumentationError as error:
            return "503 Service Unavailable", [PLAIN], f"{error}\n".encode()
        headers = [("Content-Type", format_.content_type), ("Vary", "Accept, Accept-Encoding")]
        return "200 OK", headers + ([("Content-Encoding", "gzip")] if coding == "gzip" else []), body

    def _lines(self, format_: Format) -> Iterator[str]:
        restore_metrics(self._registry)
        yield from self._write(format_)
        yield format_.end

    def _has_token(self, authorization: str) -> bool:
        if not self._token:
            return True
        scheme, _, shown = authorization.partition(" ")
        # In constant time, so that the time of a refusal does not tell how much of a guess was right.
        is_right = hmac.compare_digest(shown.strip().encode("latin-1", "replace"), self._token)
        return scheme.lower() == "bearer" and is_right

    def _is_authorized(self, environ: WSGIEnvironment) -> bool:
        try:
            # Not just truthy: a coroutine is, whatever it would return.
            return self._authorize is None or self._authorize(environ) is True
        except Exception:
            logger.exception("authorize failed, so a scrape was refused")
            return False


def port_of(environ: WSGIEnvironment) -> str:
    """Return the port at which a request arrived, empty for a unix socket, whatever the client sends.

    ``SERVER_PORT`` is not enough: Werkzeug's ``ProxyFix`` sets it from headers, and so does gunicorn at a unix socket.
    """
    for name in SOCKETS:
        connection = environ.get(name)
        if connection is not None:
            try:
                address = connection.getsockname()
            except OSError:
                return ""
            return str(address[1]) if isinstance(address, tuple) else ""
    return str(environ.get("werkzeug.proxy_fix.orig", environ)["SERVER_PORT"])
