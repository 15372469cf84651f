"""Serve the metrics at an address of their own, apart from the application's port.

Only one worker of a server can bind the address. Each shows the values of all, so it does not matter which one does;
the others retry every second and take over when it ends.
"""

from __future__ import annotations

import errno
import fcntl
import importlib
import logging
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from kubeglass.errors import InstrumentationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIApplication

logger = logging.getLogger("kubeglass.instrument")

WHERE = "kubeglass.flask.serve_metrics"
UNIX = "unix:"
RETRY_SECONDS = 1.0

#: The header by which workers that wait for the address recognize each other; the page's responses have it.
SERVER = ("Server", "kubeglass")

#: Bytes of a response that are sure to include that header.
RESPONSE_BYTES = 4096

#: Seconds after which a silent client is disconnected.
CLIENT_SECONDS = 10

#: Long enough for a request to arrive after its connection.
YIELD_SECONDS = 0.01


class QuietHandler(WSGIRequestHandler):
    """Handles one scrape without a line in the log."""

    timeout = CLIENT_SECONDS

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name
        """Log nothing."""


class EndpointServer(ThreadingMixIn, WSGIServer):
    """Serves the metrics, each scrape in a thread of its own."""

    daemon_threads = True

    def __init__(self, family: int, target: tuple[str, int] | str) -> None:
        self.address_family = family
        super().__init__(target, QuietHandler)  # type: ignore[arg-type]  # a path is what a unix socket has

    def server_bind(self) -> None:
        """Bind, without looking up this machine's name as the parent would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", 0
        self.setup_environ()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection; a unix socket's client has no address, but the handler expects one."""
        connection, address = self.socket.accept()
        return connection, address if isinstance(address, tuple) else ("unix", 0)

    def service_actions(self) -> None:
        """Let greenlets work, after each connection and every half second.

        If gevent patches the process while this server runs, as gunicorn's worker does after ``--preload``, new threads
        are greenlets of this thread, which otherwise waits in a poll that gevent knows nothing of.
        """
        time.sleep(YIELD_SECONDS)  # looked up at each call: gevent may have replaced it

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  # the parent's names
        """Log a failed scrape at debug level, not to the application's stderr."""
        logger.debug("a scrape failed", exc_info=True)


class MetricsServer:
    """Serves the metrics in the background once the address is free, until the process ends.

    Args:
        address: ``host:port`` or ``unix:/path/of/socket``.
        page: the WSGI application that answers scrapes, with the header :data:`SERVER`.
    """

    def __init__(self, address: str, page: WSGIApplication) -> None:
        self.address = address
        self._page = page
        self._family, self._target = parse_address(address)
        self._lock_descriptor: int | None = None
        self._server: EndpointServer | None = None
        self._thread: threading.Thread | None = None
        os.register_at_fork(after_in_child=self._start_in_child)
        uwsgi: Any = sys.modules.get("uwsgi")
        if hasattr(uwsgi, "worker_id") and uwsgi.worker_id() == 0:
            call_in_uwsgi_workers(uwsgi, self._start)
        else:
            self._start()

    def _start(self) -> None:
        # Held to change _server or to stop, so that no server starts once stop() was called.
        self._lock = threading.Lock()
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kubeglass-metrics", daemon=True)
        self._thread.start()

    def _start_in_child(self) -> None:
        if self._thread is None or self._is_stopped.is_set():
            return
        # A fork inherits the socket but not the thread: connections to it would hang.
        if self._server is not None:
            self._server.socket.close()
            self._server = None
        self._release_path()
        self._start()

    def _run(self) -> None:
        has_checked = False
        while not self._is_stopped.is_set():
            try:
                server = self._bind()
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EWOULDBLOCK):
                    logger.error("%s: metrics cannot be served there: %s", self.address, error.strerror or error)
                    return
                if not has_checked and error.errno == errno.EADDRINUSE:
                    has_checked = True
                    self._warn_of_stranger()
                self._is_stopped.wait(RETRY_SECONDS)
                continue
            with self._lock:
                if self._is_stopped.is_set():
                    server.server_close()
                    return
                self._server = server
            server.serve_forever()

    def _warn_of_stranger(self) -> None:
        """Log a warning if whatever answers at the address is not another worker."""
        with suppress(OSError), socket.socket(self._family, socket.SOCK_STREAM) as connection:
            connection.settimeout(CLIENT_SECONDS)
            connection.connect(self._target)
            # A method that is refused: a scrape would be expensive.
            connection.sendall(b"OPTIONS / HTTP/1.0\r\n\r\n")
            response = connection.makefile("rb").read(RESPONSE_BYTES)
            if ": ".join(SERVER).encode() not in response:
                logger.warning(
                    "%s: another program uses this address, so metrics are not served there until it ends", self.address
                )

    def stop(self) -> None:
        """Release the address."""
        if self._thread is None:  # in uWSGI's master
            return
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
        server = EndpointServer(self._family, self._target)
        server.set_app(self._page)
        return server

    def _claim_path(self, path: str) -> None:
        """Make sure that no living process serves the socket, and remove the socket of a dead one."""
        if self._lock_descriptor is None:
            self._lock_descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock_descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with suppress(FileNotFoundError):
            Path(path).unlink()


def call_in_uwsgi_workers(uwsgi: Any, start: Callable[[], None]) -> None:
    """Have uWSGI call a function in each worker that it forks from this process, its master.

    A thread must not run in the master: it forks in C, past ``os.register_at_fork``, and a worker would wait forever
    for a lock that the thread held. The hook runs in each worker, with and without ``--py-call-osafterfork``.

    Args:
        uwsgi: the module that uWSGI provides.
        start: the function.
    """
    own = {name: vars(uwsgi)[name] for name in ("post_fork_hook", "spooler") if name in vars(uwsgi)}
    # Its import replaces both, so an application that imports it later would remove the hook set here:
    # https://github.com/unbit/uwsgi/blob/2.0.31/uwsgidecorators.py
    with suppress(Exception):  # not installed
        importlib.import_module("uwsgidecorators")
    hooks = {own.get("post_fork_hook"), vars(uwsgi).get("post_fork_hook")} - {None}
    vars(uwsgi).update(own)

    def start_after_fork() -> None:
        try:
            for hook in hooks:
                hook()
        finally:
            if uwsgi.worker_id() > 0:  # not in a mule or spooler
                start()

    uwsgi.post_fork_hook = start_after_fork


def parse_address(address: str) -> tuple[int, tuple[str, int] | str]:
    """Return the address family and what to bind.

    Raises:
        InstrumentationError: it is neither ``host:port`` nor ``unix:/path``.
    """
    if address.startswith(f"{UNIX}/"):
        return socket.AF_UNIX, address.removeprefix(UNIX)
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and 0 < int(port) < 1 << 16:
        host = host.removeprefix("[").removesuffix("]")
        return (socket.AF_INET6 if ":" in host else socket.AF_INET), (host, int(port))
    raise InstrumentationError(
        WHERE, "invalid address", found=repr(address), hint='use one such as "127.0.0.1:9464" or "unix:/run/app.sock"'
    )
