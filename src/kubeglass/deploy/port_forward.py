"""One connection to a port of a pod, through the API server and the pod's kubelet.

Protocol ``v4.channel.k8s.io`` over a WebSocket, which kubelets of every supported version speak: each message begins
with a byte that names its channel, 0 for data and 1 for errors, and the first message of each channel holds the
port's number instead. It knows no half-close: who has nothing more to say hangs up.
https://github.com/kubernetes/kubernetes/blob/v1.34.4/staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go

The kubelet opens the connection inside the pod, so no network policy stands in its way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from kubeglass.deploy.cluster import path_of
from kubeglass.deploy.objects import ObjectKey
from kubeglass.errors import ClusterError

PROTOCOL = "v4.channel.k8s.io"
_DATA, _ERROR = 0, 1
_PORT_BYTES = 2


class Messages(Protocol):
    """A WebSocket, as far as forwarding needs it."""

    def send(self, message: bytes) -> None:
        """Send one message; EOFError when the other side is gone."""
        ...

    def receive(self) -> bytes:
        """Wait for one message; EOFError when the other side is gone."""
        ...

    def close(self) -> None:
        """Hang up, from any thread."""
        ...


class Opener(Protocol):
    """What forwarding needs from a cluster."""

    def open_websocket(
        self, path: str, *, query: dict[str, str], protocol: str, where: str
    ) -> AbstractContextManager[Messages]:
        """Open a WebSocket to the API server."""
        ...


@dataclass(slots=True, eq=False)
class Forwarded:
    """Bytes to and from a port of a pod; one thread may send while another receives.

    Args:
        messages: the WebSocket.
        where: the pod and the port, for messages.
        begun: channels whose first message, the port's number, has come.
    """

    messages: Messages
    where: str
    begun: set[int] = field(default_factory=set)

    def send(self, data: bytes) -> None:
        """Send bytes to the pod.

        Raises:
            EOFError: the pod's side has hung up.
        """
        self.messages.send(bytes([_DATA]) + data)

    def receive(self) -> bytes:
        """Wait for bytes from the pod; none means that its side has hung up.

        Raises:
            ClusterError: the kubelet could not reach the port; carries its words.
        """
        while True:
            try:
                message = self.messages.receive()
            except EOFError:
                return b""
            channel, content = message[0], self._without_port(message)
            if content and channel == _ERROR:
                raise ClusterError(self.where, "does not answer", found=content.decode(errors="replace").strip())
            if content:
                return content

    def close(self) -> None:
        """Hang up, from any thread."""
        self.messages.close()

    def _without_port(self, message: bytes) -> bytes:
        channel, content = message[0], message[1:]
        if channel in self.begun:
            return content
        self.begun.add(channel)
        return content[_PORT_BYTES:]


@contextmanager
def forward(opener: Opener, pod: ObjectKey, port: int) -> Iterator[Forwarded]:
    """Connect to ``port`` of ``pod``.

    Raises:
        ClusterError: the API server does not answer or refuses; needs the right to get and create ``pods/portforward``.
    """
    path, query = f"{path_of(pod)}/portforward", {"ports": str(port)}
    with opener.open_websocket(path, query=query, protocol=PROTOCOL, where=str(pod)) as messages:
        yield Forwarded(messages, f"{pod}, port {port}")
