"""How a connection to a port of a pod travels through the API server and the pod's kubelet; pure.

Protocol ``v4.channel.k8s.io`` over a WebSocket, which kubelets of every supported version speak: each message begins
with a byte that names its channel, 0 for data and 1 for errors, and the server's first message of each channel holds
the port's number instead. It knows no half-close: who has nothing more to say hangs up.
https://github.com/kubernetes/kubernetes/blob/v1.34.4/staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go

The kubelet opens the connection inside the pod, so no network policy stands in its way.
"""

from __future__ import annotations

from collections.abc import Iterator

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping
from wsproto.frame_protocol import CloseReason

from kubeglass.errors import ClusterError

PROTOCOL = "v4.channel.k8s.io"
_DATA, _ERROR = 0, 1
_PORT_BYTES = 2
_MISUNDERSTANDINGS = frozenset({CloseReason.PROTOCOL_ERROR, CloseReason.INVALID_FRAME_PAYLOAD_DATA})


class Framing:
    """Turns what the pod is sent and sends into a WebSocket's bytes, and back.

    Args:
        where: the pod and its port, for messages.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._connection = Connection(ConnectionType.CLIENT)
        self._begun: set[int] = set()
        self._message = bytearray()
        #: Bytes that the server must be answered.
        self.reply = b""
        #: Whether the pod's side has hung up.
        self.is_over = False

    def wrap(self, data: bytes) -> bytes:
        """Wrap bytes for the pod."""
        return self._connection.send(BytesMessage(bytes([_DATA]) + data))

    def unwrap(self, received: bytes) -> bytes:
        """Unwrap what came from the server; none received means that it is gone.

        Raises:
            ClusterError: the kubelet could not reach the port, or nobody speaks the protocol; carries the words.
        """
        self._connection.receive_data(received or None)
        return b"".join(self._contents())

    def _contents(self) -> Iterator[bytes]:
        for event in self._connection.events():
            if isinstance(event, Ping):
                self.reply += self._connection.send(event.response())
            elif isinstance(event, CloseConnection):
                self.is_over = True
                if event.code in _MISUNDERSTANDINGS:
                    raise ClusterError(self._where, "is not forwarded", found=event.reason or f"code {event.code}")
            elif isinstance(event, BytesMessage):
                self._message += event.data
                if event.message_finished:
                    yield self._content_of(bytes(self._message))
                    self._message.clear()

    def _content_of(self, message: bytes) -> bytes:
        channel, content = message[0], message[1:]
        if channel not in self._begun:
            self._begun.add(channel)
            content = content[_PORT_BYTES:]
        if content and channel == _ERROR:
            raise ClusterError(self._where, "does not answer", found=content.decode(errors="replace").strip())
        return content
