"""Probes reach a pod through the cluster, and whatever blocks them is named."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kubeglass.catalog import PROBE_PATH
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.portforward.backend import Backend
from kubeglass.deploy.verify.probe_requests import ask_by_port_forward
from kubeglass.errors import ClusterError
from tests.unit.deploy.fake_cluster import make_pod
from tests.unit.deploy.portforward.fake_kubelet import FakeKubelet

BACKEND = Backend(make_pod(), 8080)


class Shop(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def kubelet(asked: list[str]) -> Iterator[FakeKubelet]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Asked", (Shop,), {"asked": asked}))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield FakeKubelet(server.server_port)
    server.shutdown()
    server.server_close()


def test_five_probes_reach_a_pod_that_hangs_up_after_each(
    kubelet: FakeKubelet, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with kubelet.serve() as cluster:
        codes = ask_by_port_forward(cluster)(BACKEND)

    assert codes == {204}
    assert asked == [PROBE_PATH] * 5
    assert capsys.readouterr().err == ""


def test_a_missing_right_is_not_mistaken_for_a_silent_app(kubelet: FakeKubelet) -> None:
    kubelet.refusal = 403

    with kubelet.serve() as cluster, pytest.raises(ForbiddenError, match="cannot get resource .pods/portforward"):
        ask_by_port_forward(cluster)(BACKEND)


def test_a_port_that_nobody_listens_at_is_named(kubelet: FakeKubelet) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        kubelet.target = gone.getsockname()[1]

    with kubelet.serve() as cluster, pytest.raises(ClusterError, match="pod/shop-1, port 8080: does not respond"):
        ask_by_port_forward(cluster)(BACKEND)
