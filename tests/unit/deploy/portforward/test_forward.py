"""A port of this machine leads to a pod byte for byte, through an API server that speaks the real protocol."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from wsproto.events import Ping

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.portforward.backend import Backend, NoBackendError
from kubeglass.deploy.portforward.forward import PortForward
from kubeglass.errors import ClusterError, PortError
from tests.unit.deploy.fake_cluster import make_pod
from tests.unit.deploy.portforward.fake_kubelet import PORT_OF_THE_POD, FakeKubelet

LARGE = bytes(range(256)) * 40_000
PAGE = b"<a href='/next'>" + b"0123456789abcdef" * 200_000
BACKEND = Backend(make_pod("viewer-1"), PORT_OF_THE_POD)


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200, PAGE, ("Set-Cookie", "session=1; Path=/"), ("X-Asked-With", self.headers.get("Cookie", "")))

    def do_POST(self) -> None:
        self._answer(404, self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def kubelet() -> Iterator[FakeKubelet]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield FakeKubelet(server.server_port)
    server.shutdown()
    server.server_close()


@pytest.fixture
def cluster(kubelet: FakeKubelet) -> Iterator[Cluster]:
    with kubelet.serve() as cluster:
        yield cluster


class Pod:
    """A program in a pod that does what a test tells it to, one connection after the other."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(10)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def accept(self) -> socket.socket:
        connection, _ = self.listener.accept()
        connection.settimeout(10)
        return connection


@pytest.fixture
def pod() -> Iterator[Pod]:
    pod = Pod()
    with pod.listener:
        yield pod


def connect(forward: PortForward) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(forward.url.rpartition(":")[2])), timeout=10)


def read_all(connection: socket.socket, size: int | None = None) -> bytes:
    data = bytearray()
    while (size is None or len(data) < size) and (chunk := connection.recv(65536)):
        data += chunk
    return bytes(data)


def browser() -> httpx2.Client:
    return httpx2.Client(trust_env=False, timeout=10)


def test_a_page_comes_through_as_it_is_and_cookies_go_back(cluster: Cluster, kubelet: FakeKubelet) -> None:
    with PortForward(cluster, lambda: BACKEND, report=print) as forward, browser() as client:
        page = client.get(forward.url)
        again = client.get(forward.url)

    assert page.content == PAGE
    assert again.headers["x-asked-with"] == "session=1"
    assert kubelet.asked == ["/api/v1/namespaces/shop/pods/viewer-1/portforward?ports=8080"]


def test_bodies_go_both_ways_whatever_their_size(cluster: Cluster) -> None:
    body = bytes(range(256)) * 12_000

    with PortForward(cluster, lambda: BACKEND, report=print) as forward, browser() as client:
        answer = client.post(forward.url, content=body)

    assert (answer.status_code, answer.content == body) == (404, True)


def test_several_connections_are_forwarded_at_once(cluster: Cluster, kubelet: FakeKubelet) -> None:
    with PortForward(cluster, lambda: BACKEND, report=print) as forward, browser() as one, browser() as other:
        assert one.get(forward.url).status_code == other.get(forward.url).status_code == 200

    assert len(kubelet.asked) == 2


def test_a_port_nobody_listens_at_ends_the_connection_and_says_why(cluster: Cluster, kubelet: FakeKubelet) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        kubelet.target = gone.getsockname()[1]
    told: list[ClusterError] = []

    with (
        PortForward(cluster, lambda: BACKEND, report=told.append) as forward,
        browser() as client,
        pytest.raises(httpx2.HTTPError),
    ):
        client.get(forward.url)

    assert [error.where for error in told] == ["pod/viewer-1, port 8080"]
    assert "error forwarding port: " in told[0].found


def test_a_missing_right_is_named(cluster: Cluster, kubelet: FakeKubelet) -> None:
    kubelet.refusal = 403
    told: list[ClusterError] = []

    with (
        PortForward(cluster, lambda: BACKEND, report=told.append) as forward,
        browser() as client,
        pytest.raises(httpx2.HTTPError),
    ):
        client.get(forward.url)

    assert told[0].found == 'User "jane" cannot get resource "pods/portforward"'
    assert "ask the cluster's administrator for the right" in told[0].hint


def test_without_a_pod_nothing_is_forwarded(cluster: Cluster) -> None:
    def find() -> Backend:
        raise NoBackendError("service/viewer", "has no ready pod")

    with pytest.raises(NoBackendError), PortForward(cluster, find, report=print):
        pass


def test_closing_the_forward_ends_open_connections_without_a_word(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    with PortForward(cluster, lambda: BACKEND, report=print) as forward:
        client = socket.create_connection(("127.0.0.1", int(forward.url.rpartition(":")[2])))
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(1)

    client.settimeout(10)
    while client.recv(65536):
        pass
    client.close()
    assert caplog.records == []


def test_a_port_that_is_in_use_is_named(cluster: Cluster) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = used.getsockname()[1]
        with pytest.raises(PortError, match=f"port {port}: is in use"):
            PortForward(cluster, lambda: BACKEND, port=port, report=print)


def test_both_directions_flow_at_once(pod: Pod) -> None:
    """Each side sends more than all buffers hold before it reads."""
    with (
        FakeKubelet(pod.port).serve() as cluster,
        PortForward(cluster, lambda: BACKEND, report=print) as forward,
        connect(forward) as client,
        pod.accept() as server,
    ):
        assert exchange(client, server) == (LARGE, LARGE)


def exchange(client: socket.socket, server: socket.socket) -> tuple[bytes, bytes]:
    """Send :data:`LARGE` both ways at once, and return what came to the client and to the server."""
    heard: list[bytes] = []
    threads = [
        threading.Thread(target=client.sendall, args=(LARGE,)),
        threading.Thread(target=server.sendall, args=(LARGE,)),
        threading.Thread(target=lambda: heard.append(read_all(server, len(LARGE)))),
    ]
    for thread in threads:
        thread.start()
    got = read_all(client, len(LARGE))
    for thread in threads:
        thread.join(20)
    return got, heard[0]


def test_a_client_that_reads_nothing_holds_the_pod_back(pod: Pod) -> None:
    with (
        FakeKubelet(pod.port).serve() as cluster,
        PortForward(cluster, lambda: BACKEND, report=print) as forward,
        connect(forward),
        pod.accept() as server,
    ):
        server.settimeout(1)

        with pytest.raises(TimeoutError):
            server.sendall(LARGE * 20)


def test_the_last_bytes_of_a_pod_that_closes_arrive(pod: Pod) -> None:
    with (
        FakeKubelet(pod.port).serve() as cluster,
        PortForward(cluster, lambda: BACKEND, report=print) as forward,
        connect(forward) as client,
    ):
        with pod.accept() as server:
            server.sendall(LARGE)

        assert read_all(client) == LARGE


def test_a_client_that_hangs_up_ends_the_connection_to_the_pod(pod: Pod) -> None:
    with FakeKubelet(pod.port).serve() as cluster, PortForward(cluster, lambda: BACKEND, report=print) as forward:
        connect(forward).close()

        with pod.accept() as server:
            assert server.recv(1) == b""


def test_a_ping_is_answered(pod: Pod) -> None:
    kubelet = FakeKubelet(pod.port, says=[Ping(b"there?")])

    with (
        kubelet.serve() as cluster,
        PortForward(cluster, lambda: BACKEND, report=print) as forward,
        connect(forward),
        pod.accept(),
    ):
        wait_for(lambda: bool(kubelet.pongs))

    assert kubelet.pongs == [b"there?"]


def test_a_server_that_does_not_speak_the_protocol_is_reported(pod: Pod) -> None:
    told: list[ClusterError] = []

    with (
        FakeKubelet(pod.port, says=[b"\x83\x00"]).serve() as cluster,
        PortForward(cluster, lambda: BACKEND, report=told.append) as forward,
        connect(forward) as client,
    ):
        assert read_all(client) == b""

    assert told[0].message.startswith("pod/viewer-1, port 8080: is not forwarded (")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
