"""A port of this machine that leads to a pod of the cluster, byte for byte.

Nothing is needed on the cluster, neither kubectl nor a NodePort: the API server and the pod's kubelet forward each
connection. Pages, cookies and downloads pass unchanged, and the pod's network policy stays as it is.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.pod_stream import PodStream
from kubeglass.deploy.portforward.backend import Backend, find_backend
from kubeglass.errors import ClusterError, PortError
from kubeglass.model.parts import LOOPBACK

CHUNK_BYTES = 1 << 16
#: Seconds to close open connections properly.
CLOSE_SECONDS = 5.0

Report = Callable[[ClusterError], None]
"""Called, from another thread, with the reason why a connection could not be forwarded."""


class PortForward:
    """Forwards connections to :attr:`url` to a pod; use it in a ``with`` block.

    An event loop of its own, in a thread, carries both directions of all connections.

    Args:
        find: finds the pod, for each connection again, as it may have been replaced.
        port: port on this machine, 0 for any free one.
        report: called when a connection could not be forwarded.

    Raises:
        PortError: the port is in use.
    """

    def __init__(self, cluster: Cluster, find: Callable[[], Backend], *, port: int = 0, report: Report) -> None:
        self._cluster, self._find, self._report = cluster, find, report
        try:
            self._listener = socket.create_server((LOOPBACK, port), backlog=64)
        except OSError as error:
            raise PortError(f"port {port}", "is in use", found=str(error), hint="choose another with --port") from error
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._is_closing = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        """The address on this machine, without a trailing slash."""
        return f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Start to accept connections.

        Raises:
            ClusterError: there is no pod to forward to.
        """
        try:
            self._find()
        except ClusterError:
            self._listener.close()
            raise
        self._loop = self._runner.get_loop()
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._is_closing.set)
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        with self._runner:
            self._runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, sock=self._listener)
        await self._is_closing.wait()
        # Open connections end with the loop, which cancels their tasks.
        server.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Passing the coroutine itself makes asyncio log a traceback when it is cancelled; not needed once Python 3.11
        # is no longer supported. python/cpython#113538
        connection = asyncio.create_task(self._handle(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            backend = await asyncio.to_thread(self._find)
            async with self._cluster.open_stream(backend.key, backend.port) as pod:
                if failure := await _relay(reader, writer, pod):
                    self._report(failure)
        except ClusterError as error:
            self._report(error)
        finally:
            writer.close()


def forward_service(cluster: Cluster, namespace: str, service: str, *, port: int = 0, report: Report) -> PortForward:
    """Make a port-forward to whichever pod of a Service is ready, at the Service's port named ``http``.

    ``port`` is the port on this machine, 0 for any free one; ``report`` receives failures of connections.

    Raises:
        PortError: the port is in use.
    """
    return PortForward(cluster, lambda: find_backend(cluster, namespace, service), port=port, report=report)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pod: PodStream) -> ClusterError | None:
    """Copy both ways until either side closes; return what the kubelet had to say if it cannot reach the port."""
    download = asyncio.create_task(_download(pod, writer))
    upload = asyncio.create_task(_upload(reader, pod, download))
    try:
        await asyncio.wait([download])
    finally:
        upload.cancel()
        download.cancel()
        await asyncio.wait([upload, download])
    # Cancelled if the client has hung up. Not raised, because the WebSocket's session would wrap it in a group.
    error = None if download.cancelled() else download.exception()
    if error is not None and not isinstance(error, ClusterError):
        raise error
    return error


async def _download(pod: PodStream, writer: asyncio.StreamWriter) -> None:
    with suppress(EOFError, OSError):
        while True:
            writer.write(await pod.receive())
            await writer.drain()


async def _upload(reader: asyncio.StreamReader, pod: PodStream, download: asyncio.Task[None]) -> None:
    try:
        while data := await reader.read(CHUNK_BYTES):
            await pod.send(data)
    except EOFError:
        # The pod has closed its side; its last bytes may still be on their way.
        return
    except OSError:
        pass
    download.cancel()
