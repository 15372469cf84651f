"""The metrics page on an address of its own, away from the application's port.

Of all the workers of one server only one can have the address. The first that binds it serves, and since every worker
shows the values of all, it does not matter which; the others try again every second, so the address outlives its owner.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import socket
import threading
from contextlib import suppress
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from kubeglass.errors import InstrumentationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger("kubeglass.instrument")

WHERE = "kubeglass.flask.serve_metrics"
UNIX = "unix:"
RETRY_SECONDS = 1.0

#: What the page's answers say they are from, so that those who wait for the address know why they wait.
NAME = "kubeglass"

#: Bytes of an answer that are enough to know whose it is.
ANSWER_BYTES = 4096

#: Seconds after which a client that sends nothing is let go.
CLIENT_SECONDS = 10


class QuietHandler(WSGIRequestHandler):
    """Handles one scrape without a line in the log."""

    timeout = CLIENT_SECONDS

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name
        """Log nothing."""


class EndpointServer(ThreadingMixIn, WSGIServer):
    """Serves the page, each scrape in a thread."""

    daemon_threads = True

    def server_bind(self) -> None:
        """Bind, without looking up this machine's name as the parent would."""
        if self.address_family == socket.AF_UNIX:
            self.socket.bind(self.server_address)
        else:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind(self.server_address)
        self.server_name, self.server_port = "localhost", 0
        self.setup_environ()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection; a unix socket's client has no address, but the handler expects one."""
        connection, address = self.socket.accept()
        return connection, address if isinstance(address, tuple) else ("unix", 0)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  # the parent's names
        """Note a failed scrape where a debugging person looks, not on the application's stderr."""
        logger.debug("a scrape failed", exc_info=True)


class MetricsServer:
    """Serves a page in the background for as long as the process lives, once the address is free.

    Args:
        address: ``host:port`` or ``unix:/path/of/socket``.
        page: the WSGI application.
    """

    def __init__(self, address: str, page: WSGIApplication) -> None:
        self.address = address
        self._page = page
        self._family, self._target = parse_address(address)
        self._lock_descriptor: int | None = None
        self._server: EndpointServer | None = None
        os.register_at_fork(after_in_child=self._start_in_child)
        self._start()

    def _start(self) -> None:
        # Guards what comes after it: a server that is made while it is stopped must not begin to serve.
        self._lock = threading.Lock()
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kubeglass-metrics", daemon=True)
        self._thread.start()

    def _start_in_child(self) -> None:
        if self._is_stopped.is_set():
            return
        # A fork has the parent's socket but not its thread: connections would wait for ever.
        if self._server is not None:
            self._server.socket.close()
            self._server = None
        self._release_path()
        self._start()

    def _run(self) -> None:
        has_asked = False
        while not self._is_stopped.is_set():
            try:
                server = self._bind()
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EWOULDBLOCK):
                    logger.error("%s: metrics cannot be served there: %s", self.address, error.strerror or error)
                    return
                if not has_asked and error.errno == errno.EADDRINUSE:
                    has_asked = True
                    self._complain_of_stranger()
                self._is_stopped.wait(RETRY_SECONDS)
                continue
            with self._lock:
                if self._is_stopped.is_set():
                    server.server_close()
                    return
                self._server = server
            server.serve_forever()

    def _complain_of_stranger(self) -> None:
        """Log that a program other than this one's workers has the address, as far as can be seen from its answer."""
        if serves_metrics(self._family, self._target) is False:
            logger.warning(
                "%s: another program has the address, so metrics are not served there until it ends", self.address
            )

    def stop(self) -> None:
        """Give the address up."""
        with self._lock:
            self._is_stopped.set()
            server = self._server
        if server is not None:
            server.shutdown()
            server.server_close()
        self._thread.join()
        self._release_path()

    def _release_path(self) -> None:
        if self._lock_descriptor is not None:
            os.close(self._lock_descriptor)
            self._lock_descriptor = None

    def _bind(self) -> EndpointServer:
        if self._family == socket.AF_UNIX:
            self._claim_path(str(self._target))
        server = EndpointServer(self._target, QuietHandler, bind_and_activate=False)  # type: ignore[arg-type]
        server.address_family = self._family
        server.socket.close()
        server.socket = socket.socket(self._family, socket.SOCK_STREAM)
        try:
            server.server_bind()
            server.server_activate()
        except OSError:
            server.socket.close()
            raise
        server.set_app(named(self._page))
        return server

    def _claim_path(self, path: str) -> None:
        """Make sure no living process serves the socket, and remove one that a dead process left."""
        if self._lock_descriptor is None:
            descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(descriptor)
                raise
            self._lock_descriptor = descriptor
        with suppress(FileNotFoundError):
            Path(path).unlink()


def named(page: WSGIApplication) -> WSGIApplication:
    """Return the page with a header that says whose it is."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("Server", NAME)], *more)

        return page(environ, cast("StartResponse", start))

    return answer


def serves_metrics(family: int, target: tuple[str, int] | str) -> bool | None:
    """Ask whether such a page is served at an address; None if nothing answers there."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(CLIENT_SECONDS)
            connection.connect(target)
            # A method that the page refuses: a scrape would cost it something.
            connection.sendall(b"OPTIONS / HTTP/1.0\r\n\r\n")
            answer = connection.makefile("rb").read(ANSWER_BYTES)
    except OSError:
        return None
    return f"server: {NAME}\r\n".encode() in answer.lower()


def parse_address(address: str) -> tuple[int, tuple[str, int] | str]:
    """Return the address family and what to bind.

    Raises:
        InstrumentationError: it is neither ``host:port`` nor ``unix:/path``.
    """
    if address.startswith(UNIX) and address.removeprefix(UNIX).startswith("/"):
        return socket.AF_UNIX, address.removeprefix(UNIX)
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and 0 < int(port) < 1 << 16:
        host = host.removeprefix("[").removesuffix("]")
        return (socket.AF_INET6 if ":" in host else socket.AF_INET), (host, int(port))
    raise InstrumentationError(
        WHERE,
        "invalid address",
        found=repr(address),
        hint='give one such as "127.0.0.1:9464" or "unix:/run/app.sock"',
    )
