"""An API server and kubelet that forward ports as the real ones do: a WebSocket on one side, TCP on the other."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2
import wsproto
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Pong,
    RejectConnection,
    RejectData,
    Request,
)
from wsproto.utilities import ProtocolError

from kubeglass.deploy.api.cluster import Cluster

PROTOCOL = "v4.channel.k8s.io"
PORT_OF_THE_POD = 8080
FIRST_MESSAGE = PORT_OF_THE_POD.to_bytes(2, "little")


@dataclass
class FakeKubelet:
    """Forwards to a port of this machine.

    Args:
        target: the port on this machine that stands for the pod's.
        refusal: the HTTP status to refuse every connection with, 0 for none.
        token: the bearer token to insist on, empty for none.
        says: events or raw bytes to send before anything of the pod's.
        asked: the requests: path and query.
        pongs: payloads of the answers to pings.
    """

    target: int
    refusal: int = 0
    token: str = ""
    says: list[Event | bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    pongs: list[bytes] = field(default_factory=list)

    @contextlib.contextmanager
    def listen(self, tls: ssl.SSLContext | None = None) -> Iterator[str]:
        """Listen until the block ends, at the address given."""
        listener = socket.create_server(("127.0.0.1", 0))
        closing = asyncio.Event()

        async def serve() -> None:
            server = await asyncio.start_server(self._handle, sock=listener, ssl=tls)
            await closing.wait()
            server.close()

        def run() -> None:
            with runner:
                runner.run(serve())

        runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        loop = runner.get_loop()
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        loop.call_soon_threadsafe(closing.set)
        thread.join()

    @contextlib.contextmanager
    def serve(self) -> Iterator[Cluster]:
        """Listen until the block ends, and give a cluster there, without TLS or credentials."""
        with self.listen() as address, httpx2.Client(base_url=address, trust_env=False, timeout=5) as connection:

            def make_async_client() -> httpx2.AsyncClient:
                return httpx2.AsyncClient(base_url=address, trust_env=False, timeout=5)

            yield Cluster(connection, make_async_client, context="test", address=address)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        websocket = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
        # The client may go at any moment.
        with contextlib.closing(writer), contextlib.suppress(OSError, ProtocolError):
            if await self._accept(websocket, reader, writer):
                await self._forward(websocket, reader, writer)

    async def _accept(
        self, websocket: wsproto.WSConnection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        while data := await reader.read(65536):
            websocket.receive_data(data)
            for event in websocket.events():
                if isinstance(event, Request):
                    self.asked.append(event.target)
                    refusal = self.refusal or self._check_token(event)
                    if refusal:
                        _refuse(websocket, writer, refusal)
                        return False
                    assert event.subprotocols == [PROTOCOL]
                    writer.write(websocket.send(AcceptConnection(subprotocol=PROTOCOL)))
                    return True
        return False

    def _check_token(self, request: Request) -> int:
        given = dict(request.extra_headers).get(b"authorization", b"").decode()
        return 401 if self.token and given != f"Bearer {self.token}" else 0

    async def _forward(
        self, websocket: wsproto.WSConnection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        firsts = [BytesMessage(channel + FIRST_MESSAGE) for channel in (b"\0", b"\1")]
        for said in [*firsts, *self.says]:
            writer.write(said if isinstance(said, bytes) else websocket.send(said))
        try:
            pod_reader, pod_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError as error:
            writer.write(websocket.send(BytesMessage(b"\1error forwarding port: " + str(error).encode())))
            writer.write(websocket.send(CloseConnection(1000)))
            return
        with contextlib.closing(pod_writer):
            answering = asyncio.create_task(_answer(websocket, pod_reader, writer))
            asking = asyncio.create_task(self._ask(websocket, reader, pod_writer))
            await asyncio.wait([answering, asking], return_when=asyncio.FIRST_COMPLETED)
            answering.cancel()
            asking.cancel()

    async def _ask(
        self, websocket: wsproto.WSConnection, reader: asyncio.StreamReader, pod: asyncio.StreamWriter
    ) -> None:
        message = b""
        while data := await reader.read(65536):
            websocket.receive_data(data)
            for event in websocket.events():
                if isinstance(event, Pong):
                    self.pongs.append(bytes(event.payload))
                elif isinstance(event, BytesMessage):
                    message += event.data
                    if event.message_finished:
                        assert message[:1] == b"\0", "data belongs on channel 0"
                        pod.write(message[1:])
                        message = b""
            await pod.drain()


async def _answer(websocket: wsproto.WSConnection, pod: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await pod.read(32768):
        writer.write(websocket.send(BytesMessage(b"\0" + data)))
        await writer.drain()
    writer.write(websocket.send(CloseConnection(1000)))


def _refuse(websocket: wsproto.WSConnection, writer: asyncio.StreamWriter, code: int) -> None:
    status = {"kind": "Status", "code": code, "message": 'User "jane" cannot get resource "pods/portforward"'}
    body = json.dumps(status).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    writer.write(websocket.send(RejectConnection(status_code=code, headers=headers, has_body=True)))
    writer.write(websocket.send(RejectData(data=body)))
