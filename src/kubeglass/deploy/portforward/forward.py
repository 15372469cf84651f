"""A port of this machine that leads to a pod of the cluster, byte for byte.

The API server and the pod's kubelet forward each connection (see :mod:`kubeglass.deploy.portforward.framing`), so
nothing is needed on the cluster, neither kubectl nor a NodePort; pages, cookies and downloads pass as they are, and
the pod's network policy stays as it is.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from kubeglass.deploy.api.kubernetes_api import KubernetesApi
from kubeglass.deploy.api.objects import path_of
from kubeglass.deploy.portforward.backend import Backend, find_backend
from kubeglass.deploy.portforward.framing import PROTOCOL, Framing
from kubeglass.deploy.portforward.relay import Relay
from kubeglass.errors import ClusterError, PortError

LOOPBACK = "127.0.0.1"

Report = Callable[[ClusterError], None]
"""Told, from another thread, why a connection could not be forwarded."""


def ignore(error: ClusterError) -> None:
    """Do nothing with ``error``: whoever asked through the forward notices."""


class PortForward:
    """Answers at :attr:`url` with what a pod answers; use it in a ``with``.

    Args:
        api: the way to the cluster.
        find: finds the pod, anew for each connection, as a pod may have been replaced.
        port: port on this machine, 0 for any free one.
        report: told why a connection could not be forwarded.

    Raises:
        PortError: the port is taken.
    """

    def __init__(
        self, api: KubernetesApi, find: Callable[[], Backend], *, port: int = 0, report: Report = ignore
    ) -> None:
        self._find = find
        try:
            self._server = _Server(port, api, find, report)
        except OSError as error:
            raise PortError(f"port {port}", "is taken", found=str(error), hint="choose another with --port") from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The address on this machine, without a trailing slash."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Start to listen.

        Raises:
            ClusterError: there is no pod to forward to.
        """
        try:
            self._find()
        except ClusterError:
            self._server.server_close()
            raise
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()


def forward_service(
    api: KubernetesApi, namespace: str, service: str, *, port: int = 0, report: Report = ignore
) -> PortForward:
    """Make a forward to whichever pod of a Service is ready.

    Args:
        api: the way to the cluster.
        namespace: the Service's namespace.
        service: its name; it has a port named ``http``.
        port: port on this machine, 0 for any free one.
        report: told why a connection could not be forwarded.

    Raises:
        PortError: the port is taken.
    """
    return PortForward(api, lambda: find_backend(api, namespace, service), port=port, report=report)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, api: KubernetesApi, find: Callable[[], Backend], report: Report) -> None:
        self.api, self.find, self.report = api, find, report
        self._opened: set[socket.socket] = set()
        self._is_closing = False
        super().__init__((LOOPBACK, port), _Handler)

    @contextmanager
    def remembering(self, connection: socket.socket) -> Iterator[None]:
        """Keep a connection among those that end with the forward."""
        self._opened.add(connection)
        if self._is_closing:
            _end(connection)
        try:
            yield
        finally:
            self._opened.discard(connection)

    def hang_up(self) -> None:
        """End every connection, and those that are just being made; each is closed by its own thread."""
        self._is_closing = True
        for connection in tuple(self._opened):
            _end(connection)


class _Handler(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        with self.server.remembering(self.request):
            try:
                self._forward(self.server.find())
            except ClusterError as error:
                self.server.report(error)
            except OSError:
                # Whoever asked has gone, or the API server has.
                return

    def _forward(self, backend: Backend) -> None:
        path, query = f"{path_of(backend.key)}/portforward", {"ports": str(backend.port)}
        framing = Framing(f"{backend.key}, port {backend.port}")
        opening = self.server.api.open_websocket(path, query=query, protocol=PROTOCOL, where=str(backend.key))
        with opening as websocket:
            Relay(self.request, websocket.connection, framing).run(websocket.first)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
