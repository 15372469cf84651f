"""A stream of bytes to a port of a pod, through the API server and the pod's kubelet.

Protocol ``v4.channel.k8s.io`` over a WebSocket, which kubelets of every supported version speak: each message begins
with a byte for its channel, 0 for data and 1 for errors, and the server's first message of each channel holds the port
number instead. It has no half-close: either side ends the stream by closing it.
https://github.com/kubernetes/kubernetes/blob/v1.34.4/staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go

The kubelet opens the connection inside the pod, so no network policy blocks it.

Asynchronous, because the client library's synchronous session reads and writes a TLS connection from two threads at
once, which OpenSSL does not allow (https://docs.openssl.org/3.5/man7/openssl-threads/), and closes a socket that a
thread still reads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
from httpx2 import websockets
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError

from kubeglass.errors import ClusterError

PROTOCOL = "v4.channel.k8s.io"
#: Largest message accepted; container runtimes send 32 KiB at a time.
MESSAGE_BYTES = 1 << 20
SWITCHING_PROTOCOLS = 101
_DATA, _ERROR = 0, 1
_PORT_BYTES = 2
_PROTOCOL_ERRORS = frozenset({CloseReason.PROTOCOL_ERROR, CloseReason.INVALID_FRAME_PAYLOAD_DATA})


class PodStream:
    """Bytes to and from the pod's port that ``where`` names; one task may send while another receives."""

    def __init__(self, session: websockets.AsyncWebSocketSession, where: str) -> None:
        self._session = session
        self._where = where
        self._begun: set[int] = set()

    async def send(self, data: bytes) -> None:
        """Send bytes to the pod.

        Raises:
            EOFError: the pod has closed the stream.
        """
        try:
            await self._session.send_bytes(bytes([_DATA]) + data)
        except (websockets.HTTPXWSException, LocalProtocolError) as error:
            raise EOFError from error

    async def receive(self) -> bytes:
        """Wait for bytes from the pod.

        Raises:
            EOFError: the pod has closed the stream.
            ClusterError: the kubelet cannot reach the port, or the server does not speak the protocol.
        """
        while True:
            message = await self._receive_message()
            channel, content = message[0], message[1:]
            if channel not in self._begun:
                self._begun.add(channel)
                content = content[_PORT_BYTES:]
            if content and channel == _ERROR:
                raise ClusterError(self._where, "does not respond", found=content.decode(errors="replace").strip())
            if content:
                return content

    async def _receive_message(self) -> bytes:
        try:
            return await self._session.receive_bytes()
        except websockets.WebSocketDisconnect as error:
            if error.code in _PROTOCOL_ERRORS:
                found = error.reason or f"code {error.code}"
                raise ClusterError(self._where, "is not forwarded", found=found) from error
            raise EOFError from error
        except websockets.HTTPXWSException as error:
            raise EOFError from error


@asynccontextmanager
async def open_pod_stream(client: httpx2.AsyncClient, path: str, port: int, *, where: str) -> AsyncIterator[PodStream]:
    """Open a stream on a client of its own, and close both at the end.

    ``path`` is the pod's ``portforward``, ``port`` is inside the pod, and ``where`` names both in messages.

    Raises:
        HTTPStatusError: the server responds, but does not open a WebSocket; the body has been read.
        HTTPError: the server cannot be reached.
    """
    client.event_hooks["response"] = [_read_refusal]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(client)
        opening = client.websocket(
            path,
            params={"ports": port},
            subprotocols=[PROTOCOL],
            max_message_size_bytes=MESSAGE_BYTES,
            # An idle connection may stay idle.
            keepalive_ping_interval_seconds=None,
        )
        try:
            session = await stack.enter_async_context(opening)
        except websockets.WebSocketUpgradeError as error:
            response = error.response
            said = f"HTTP {response.status_code}"
            raise httpx2.HTTPStatusError(said, request=response.request, response=response) from error
        yield PodStream(session, where)


async def _read_refusal(response: httpx2.Response) -> None:
    """Read the body of a response that refuses the upgrade: the library closes it unread."""
    if response.status_code != SWITCHING_PROTOCOLS:
        await response.aread()
