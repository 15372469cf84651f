"""A port of this machine leads to a pod byte for byte, through an API server that speaks the real protocol."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.portforward.backend import Backend, NoBackendError
from kubeglass.deploy.portforward.forward import PortForward
from kubeglass.errors import ClusterError, PortError
from tests.unit.deploy.fake_cluster import make_pod
from tests.unit.deploy.portforward.fake_kubelet import PORT_OF_THE_POD, FakeKubelet

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


def browser() -> httpx2.Client:
    return httpx2.Client(trust_env=False, timeout=10)


def test_a_page_comes_through_as_it_is_and_cookies_go_back(cluster: Cluster, kubelet: FakeKubelet) -> None:
    with PortForward(cluster, lambda: BACKEND) as forward, browser() as client:
        page = client.get(forward.url)
        again = client.get(forward.url)

    assert page.content == PAGE
    assert again.headers["x-asked-with"] == "session=1"
    assert kubelet.asked == ["/api/v1/namespaces/shop/pods/viewer-1/portforward?ports=8080"]


def test_bodies_go_both_ways_whatever_their_size(cluster: Cluster) -> None:
    body = bytes(range(256)) * 12_000

    with PortForward(cluster, lambda: BACKEND) as forward, browser() as client:
        answer = client.post(forward.url, content=body)

    assert (answer.status_code, answer.content == body) == (404, True)


def test_several_connections_are_forwarded_at_once(cluster: Cluster, kubelet: FakeKubelet) -> None:
    with PortForward(cluster, lambda: BACKEND) as forward, browser() as one, browser() as other:
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
    assert "Connection refused" in told[0].found


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
    assert "ask the cluster's administrator for this right" in told[0].hint


def test_without_a_pod_the_tunnel_does_not_open(cluster: Cluster) -> None:
    def find() -> Backend:
        raise NoBackendError("service/viewer", "has no ready pod")

    with pytest.raises(NoBackendError), PortForward(cluster, find):
        pass


def test_closing_the_tunnel_ends_connections_that_are_still_open(cluster: Cluster) -> None:
    with PortForward(cluster, lambda: BACKEND) as forward:
        client = socket.create_connection(("127.0.0.1", int(forward.url.rpartition(":")[2])))
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(1)

    client.settimeout(10)
    while client.recv(65536):
        pass
    client.close()


def test_a_port_that_is_taken_is_told(cluster: Cluster) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=f"port {port}: is taken"):
            PortForward(cluster, lambda: BACKEND, port=port)
