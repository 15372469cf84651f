"""Bytes go both ways at once, whatever the pace of either side, and an end of one side ends the other."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import wsproto
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong

from kubeglass.deploy.portforward.framing import Framing
from kubeglass.deploy.portforward.relay import MOST_BYTES, Relay
from kubeglass.errors import ClusterError

LARGE = bytes(range(256)) * 40_000
FIRST = bytes([0, 144, 31])
FIRST_ERROR = bytes([1, 144, 31])


class Pod:
    """The API server's end of a forwarded connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.frames = Connection(ConnectionType.SERVER)
        self.first = self.frames.send(BytesMessage(FIRST)) + self.frames.send(BytesMessage(FIRST_ERROR))

    def say(self, *events: wsproto.events.Event) -> None:
        for event in events:
            self.connection.sendall(self.frames.send(event))

    def hear(self, size: int) -> bytes:
        """Read until ``size`` bytes of data have come."""
        heard, message = b"", b""
        while len(heard) < size:
            self.frames.receive_data(self.connection.recv(65536) or None)
            for event in self.frames.events():
                assert isinstance(event, BytesMessage)
                message += bytes(event.data)
                if event.message_finished:
                    heard, message = heard + message[1:], b""
        return heard


class Running:
    """A relay in a thread, between a program and a pod of this test."""

    def __init__(self, remote: socket.socket, pod: Pod) -> None:
        self.program, local = socket.socketpair()
        self.program.settimeout(10)
        self.pod = pod
        self.relay = Relay(local, remote, Framing("pod/shop-1, port 8080"))
        self.failure: Exception | None = None
        self.thread = threading.Thread(target=self._run, args=(local, remote), daemon=True)
        self.thread.start()

    def _run(self, local: socket.socket, remote: socket.socket) -> None:
        with local, remote:
            try:
                self.relay.run(self.pod.first)
            except (ClusterError, OSError) as error:
                self.failure = error

    def wait(self) -> None:
        self.thread.join(10)
        assert not self.thread.is_alive()

    def read_all(self) -> bytes:
        return b"".join(iter(lambda: self.program.recv(65536), b""))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1"]
    subprocess.run([*command, "-keyout", path, "-out", path.with_name("cert.pem")], check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_name("cert.pem").read_text())
    return path


@pytest.fixture(params=["plain", "tls"])
def running(request: pytest.FixtureRequest, certificate: Path) -> Iterator[Running]:
    ours, theirs = socket.socketpair()
    if request.param == "tls":
        ours, theirs = wrap(ours, theirs, certificate)
    theirs.settimeout(10)
    running = Running(ours, Pod(theirs))
    yield running
    running.program.close()
    theirs.close()
    running.wait()


def wrap(ours: socket.socket, theirs: socket.socket, certificate: Path) -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate)
    client = ssl.create_default_context(cafile=certificate.with_name("cert.pem"))
    wrapped: list[ssl.SSLSocket] = []
    thread = threading.Thread(target=lambda: wrapped.append(server.wrap_socket(theirs, server_side=True)))
    thread.start()
    connected = client.wrap_socket(ours, server_hostname="localhost")
    thread.join()
    return connected, wrapped[0]


def test_large_data_passes_in_either_direction(running: Running) -> None:
    asking = threading.Thread(target=lambda: running.program.sendall(LARGE))
    asking.start()
    heard = running.pod.hear(len(LARGE))
    asking.join(20)
    answering = threading.Thread(target=lambda: running.pod.say(*[BytesMessage(b"\0" + LARGE)]))
    answering.start()
    got = b""
    while len(got) < len(LARGE):
        got += running.program.recv(65536)
    answering.join(20)

    assert heard == got == LARGE


@pytest.mark.parametrize("running", ["plain"], indirect=True)
def test_both_directions_flow_at_once(running: Running) -> None:
    """Each side sends more than all buffers hold while it reads; this test's own side knows no TLS for two threads."""
    heard: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: running.program.sendall(LARGE)),
        threading.Thread(target=lambda: running.pod.say(*[BytesMessage(b"\0" + LARGE[:32768])] * 300)),
        threading.Thread(target=lambda: heard.append(running.pod.hear(len(LARGE)))),
    ]
    for thread in threads:
        thread.start()

    got = b""
    while len(got) < 300 * 32768:
        got += running.program.recv(65536)
    for thread in threads:
        thread.join(20)

    assert got == LARGE[:32768] * 300
    assert heard == [LARGE]


def test_a_program_that_takes_nothing_holds_the_pod_back(running: Running) -> None:
    running.pod.connection.settimeout(1)

    with pytest.raises(TimeoutError):
        running.pod.say(*[BytesMessage(b"\0" + LARGE[:32768])] * 1000)

    assert len(running.relay.to_local) < MOST_BYTES + (1 << 17)


def test_what_the_pod_said_last_arrives_before_the_end(running: Running) -> None:
    running.pod.say(BytesMessage(b"\0" + LARGE[:30000]), CloseConnection(1000))

    assert running.read_all() == LARGE[:30000]
    running.wait()


def test_a_program_that_hangs_up_ends_the_connection(running: Running) -> None:
    running.program.close()

    running.wait()
    assert running.pod.connection.recv(1) == b""


def test_a_ping_is_answered(running: Running) -> None:
    running.pod.say(Ping(b"here?"))

    running.pod.frames.receive_data(running.pod.connection.recv(65536))
    assert [event.payload for event in running.pod.frames.events() if isinstance(event, Pong)] == [b"here?"]


def test_a_port_that_does_not_answer_is_told_in_the_kubelets_words(running: Running) -> None:
    running.pod.say(BytesMessage(b"\1error forwarding port 8080: connection refused\n"))

    running.wait()
    assert isinstance(running.failure, ClusterError)
    assert running.failure.message == (
        "pod/shop-1, port 8080: does not answer (error forwarding port 8080: connection refused)"
    )


def test_who_does_not_speak_the_protocol_is_told(running: Running) -> None:
    running.pod.connection.sendall(b"\x83\x00")

    running.wait()
    assert isinstance(running.failure, ClusterError)
    assert running.failure.message.startswith("pod/shop-1, port 8080: is not forwarded (")
