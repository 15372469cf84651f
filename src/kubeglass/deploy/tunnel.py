"""A Service of the cluster at an address of this machine, by way of the API server.

The API server's own proxy does the work (``services/proxy``, part of the roles ``edit`` and ``admin``), so nothing is
needed on the cluster, neither kubectl nor a NodePort, and the Service's network policy stays as it is.
https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar, Self

from kubeglass.deploy.cluster import Cluster
from kubeglass.errors import ClusterError, PortError

LOOPBACK = "127.0.0.1"
_PASSED_ON = ("accept", "content-type", "if-none-match")
#: Belong to one connection, or say how the body was coded, which the client has undone.
_KEPT_BACK = frozenset({"connection", "content-encoding", "content-length", "date", "keep-alive", "transfer-encoding"})


def service_path(namespace: str, service: str, path: str = "/") -> str:
    """Build the API server's path to ``path`` of a Service's port named ``http``."""
    return f"/api/v1/namespaces/{namespace}/services/http:{service}:http/proxy{path}"


class Tunnel:
    """Answers at :attr:`url` with what a Service answers; use it in a ``with``.

    Args:
        cluster: the way to the cluster.
        namespace: the Service's namespace.
        service: its name; it has a port named ``http``.
        port: port on this machine, 0 for any free one.

    Raises:
        PortError: the port is taken.
    """

    def __init__(self, cluster: Cluster, namespace: str, service: str, *, port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"cluster": cluster, "base": service_path(namespace, service, "")})
        try:
            self._server = ThreadingHTTPServer((LOOPBACK, port), handler)
        except OSError as error:
            raise PortError(f"port {port}", "is taken", found=str(error), hint="choose another with --port") from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The address on this machine, without a trailing slash."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    cluster: ClassVar[Cluster]
    base: ClassVar[str]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the name http.server calls
        self._forward()

    def do_POST(self) -> None:  # the name http.server calls
        self._forward()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's word
        """Say nothing: the Service has a log of its own."""

    def _forward(self) -> None:
        if self.headers.get("Host", "").rpartition(":")[0] not in {LOOPBACK, "localhost"}:
            # A page from elsewhere whose name was pointed at this address must not use our credentials.
            self.send_error(403)
            return
        headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size else None
        try:
            answer = self.cluster.send(self.command, self.base + self.path, body=body, headers=headers)
        except ClusterError as error:
            self.send_error(502, error.message[:200])
            return
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _KEPT_BACK:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)
