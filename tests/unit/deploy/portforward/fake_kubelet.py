"""An API server and kubelet that forward ports as the real ones do: a WebSocket on one side, TCP on the other."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2
import wsproto
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, RejectConnection, RejectData, Request
from wsproto.utilities import ProtocolError

from kubeglass.deploy.api.cluster import Cluster

PROTOCOL = "v4.channel.k8s.io"
PORT_OF_THE_POD = 8080
FIRST_MESSAGE = PORT_OF_THE_POD.to_bytes(2, "little")


@dataclass
class FakeKubelet:
    """Forwards to ``target``; ``failure`` is what it says when that does not answer, ``refusal`` an HTTP status.

    Args:
        target: the port on this machine that stands for the pod's.
        refusal: the HTTP status to refuse every connection with, 0 for none.
        asked: what was asked for: path and query.
    """

    target: int
    refusal: int = 0
    asked: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def serve(self) -> Iterator[Cluster]:
        """Listen until the block ends, and lead a cluster there."""
        handler = type("Handler", (_Handler,), {"kubelet": self})
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            address = f"http://127.0.0.1:{server.server_address[1]}"
            with httpx2.Client(base_url=address, trust_env=False, timeout=5) as connection:
                yield Cluster(connection, context="test", address=address)
            server.shutdown()


class _Handler(socketserver.BaseRequestHandler):
    kubelet: FakeKubelet
    request: socket.socket

    def handle(self) -> None:
        websocket = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
        if not self._accept(websocket):
            return
        for channel in (b"\0", b"\1"):
            self.request.sendall(websocket.send(BytesMessage(channel + FIRST_MESSAGE)))
        try:
            pod = socket.create_connection(("127.0.0.1", self.kubelet.target))
        except OSError as error:
            self.request.sendall(websocket.send(BytesMessage(b"\1error forwarding port: " + str(error).encode())))
            self.request.sendall(websocket.send(CloseConnection(1000)))
            return
        # Whoever asked may go at any moment.
        with pod, contextlib.suppress(OSError, ProtocolError):
            threading.Thread(target=self._answer, args=(websocket, pod), daemon=True).start()
            self._ask(websocket, pod)

    def _accept(self, websocket: wsproto.WSConnection) -> bool:
        while True:
            websocket.receive_data(self.request.recv(65536))
            for event in websocket.events():
                if not isinstance(event, Request):
                    continue
                self.kubelet.asked.append(event.target)
                if self.kubelet.refusal:
                    self._refuse(websocket, self.kubelet.refusal)
                    return False
                assert event.subprotocols == [PROTOCOL]
                self.request.sendall(websocket.send(AcceptConnection(subprotocol=PROTOCOL)))
                return True

    def _refuse(self, websocket: wsproto.WSConnection, code: int) -> None:
        status = {"kind": "Status", "code": code, "message": 'User "jane" cannot get resource "pods/portforward"'}
        body = json.dumps(status).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        self.request.sendall(websocket.send(RejectConnection(status_code=code, headers=headers, has_body=True)))
        self.request.sendall(websocket.send(RejectData(data=body)))

    def _ask(self, websocket: wsproto.WSConnection, pod: socket.socket) -> None:
        message = b""
        while data := self.request.recv(65536):
            websocket.receive_data(data)
            for event in websocket.events():
                if isinstance(event, BytesMessage):
                    message += event.data
                    if event.message_finished:
                        assert message[:1] == b"\0", "data belongs on channel 0"
                        pod.sendall(message[1:])
                        message = b""

    def _answer(self, websocket: wsproto.WSConnection, pod: socket.socket) -> None:
        with contextlib.suppress(OSError, ProtocolError):
            while data := pod.recv(32768):
                self.request.sendall(websocket.send(BytesMessage(b"\0" + data)))
            self.request.sendall(websocket.send(CloseConnection(1000)))
            self.request.shutdown(socket.SHUT_RDWR)
