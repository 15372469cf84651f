"""The page on an address of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter

from kubeglass.errors import InstrumentationError
from kubeglass.flask import serve_metrics
from kubeglass.instrument import metrics_server
from kubeglass.instrument.metrics_endpoint import PORT_VARIABLE
from kubeglass.instrument.metrics_server import RETRY_SECONDS, EndpointServer, MetricsServer, parse_address


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(answer: Callable[[], str]) -> str:
    deadline = time.monotonic() + 10
    while True:
        try:
            return answer()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def get(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read().decode())


def get_by_socket(path: Path) -> str:
    client = http.client.HTTPConnection("localhost", timeout=5)
    client.sock = socket.socket(socket.AF_UNIX)
    with closing(client):
        client.sock.connect(str(path))
        client.request("GET", "/metrics")
        return client.getresponse().read().decode()


def registry_with(name: str) -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter(name, "Help.", registry=registry)
    return registry


def test_the_page_is_served_on_its_own_port() -> None:
    port = free_port()
    serving = serve_metrics(f"127.0.0.1:{port}", registry=registry_with("first"))

    assert "first_total 0.0" in wait_for(lambda: get(port))
    serving.stop()
    with pytest.raises(OSError, match="refused"):
        get(port)


def test_another_takes_over_an_address_whose_owner_is_gone() -> None:
    port = free_port()
    first = serve_metrics(f"127.0.0.1:{port}", registry=registry_with("first"))
    assert "first" in wait_for(lambda: get(port))
    second = serve_metrics(f"127.0.0.1:{port}", registry=registry_with("second"))

    assert "first" in get(port)
    first.stop()
    assert "second" in wait_for(lambda: get(port))
    second.stop()


def test_the_page_is_served_on_a_unix_socket_that_a_dead_process_left(tmp_path: Path) -> None:
    path = tmp_path / "metrics.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    first = serve_metrics(f"unix:{path}", registry=registry_with("first"))
    assert "first" in wait_for(lambda: get_by_socket(path))
    second = serve_metrics(f"unix:{path}", registry=registry_with("second"))

    assert "first" in get_by_socket(path)
    first.stop()
    second.stop()


def test_a_unix_socket_stays_with_the_process_that_holds_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "metrics.sock"
    first = serve_metrics(f"unix:{path}", registry=registry_with("first"))
    assert "first" in wait_for(lambda: get_by_socket(path))

    second = serve_metrics(f"unix:{path}", registry=registry_with("second"))
    assert second._thread
    second._thread.join(RETRY_SECONDS * 1.5)  # long enough for a second try

    assert "first" in get_by_socket(path)
    first.stop()
    assert "second" in wait_for(lambda: get_by_socket(path))
    second.stop()


def test_a_fork_takes_over_when_its_parent_stops() -> None:
    port = free_port()
    serving = serve_metrics(f"127.0.0.1:{port}", registry=registry_with("things"))
    wait_for(lambda: get(port))
    pid = os.fork()
    if not pid:
        time.sleep(60)
        os._exit(0)

    serving.stop()

    try:
        assert "things" in wait_for(lambda: get(port))
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


PATCHED_WHILE_IT_SERVES = """
import sys, time
from kubeglass.flask import serve_metrics
from prometheus_client import CollectorRegistry, Gauge
registry = CollectorRegistry()
Gauge("things", "Things.", registry=registry)
serving = serve_metrics(sys.argv[1], registry=registry)
while serving._server is None:
    time.sleep(0.01)
time.sleep(0.1)
from gevent import monkey
monkey.patch_all()
print("patched", flush=True)
time.sleep(60)
"""


def test_a_slow_client_is_served_although_gevent_patched_the_process_afterwards() -> None:
    port = free_port()
    program = [sys.executable, "-c", PATCHED_WHILE_IT_SERVES, f"127.0.0.1:{port}"]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"patched\n"
            with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                time.sleep(0.1)  # longer than the server waits for the request of a connection
                client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                answer = client.makefile("rb").read()
        finally:
            process.kill()

    assert b"things 0.0" in answer


def test_a_metrics_port_for_the_application_concerns_no_other_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PORT_VARIABLE, "9464")
    port = free_port()
    serving = serve_metrics(f"127.0.0.1:{port}", registry=registry_with("first"))

    assert "first" in wait_for(lambda: get(port))
    serving.stop()


def test_a_token_is_needed_there_too() -> None:
    port = free_port()
    serving = serve_metrics(f"127.0.0.1:{port}", registry=registry_with("first"), token="secret")
    try:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            wait_for_connection(port)
    finally:
        serving.stop()


def wait_for_connection(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            get(port)
        except urllib.error.HTTPError as refused:
            refused.close()
            raise
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


def test_stopping_while_it_binds_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bind, has_bound, may_go_on = MetricsServer._bind, threading.Event(), threading.Event()

    def bind_slowly(self: MetricsServer) -> EndpointServer:
        server = bind(self)
        has_bound.set()
        may_go_on.wait(10)
        return server

    monkeypatch.setattr(MetricsServer, "_bind", bind_slowly)
    port = free_port()
    serving = serve_metrics(f"127.0.0.1:{port}", registry=CollectorRegistry())
    has_bound.wait(10)
    stopping = threading.Thread(target=serving.stop, daemon=True)
    stopping.start()
    wait_for_stop = serving._is_stopped.wait(10)
    may_go_on.set()
    stopping.join(10)

    assert wait_for_stop
    assert not stopping.is_alive()
    with pytest.raises(OSError, match="refused"):
        get(port)


def test_another_program_at_the_address_is_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_server, "RETRY_SECONDS", 0.01)
    tries = iter(range(1000))
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as stranger:
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        bind = MetricsServer._bind
        monkeypatch.setattr(MetricsServer, "_bind", lambda self: (next(tries), bind(self))[1])
        port = stranger.server_address[1]
        serving = serve_metrics(f"127.0.0.1:{port}", registry=CollectorRegistry())
        while next(tries) < 20:
            time.sleep(0.01)
        serving.stop()
        stranger.shutdown()

    assert [record.getMessage() for record in caplog.records] == [
        f"127.0.0.1:{port}: another program uses this address, so metrics are not served there until it ends"
    ]


def test_a_worker_of_the_same_server_at_the_address_is_nothing_to_say(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    first = serve_metrics(f"127.0.0.1:{port}", registry=registry_with("first"))
    wait_for(lambda: get(port))

    second = serve_metrics(f"127.0.0.1:{port}", registry=registry_with("second"))
    first.stop()
    assert "second" in wait_for(lambda: get(port))
    second.stop()

    assert caplog.records == []


def test_an_address_of_another_machine_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    serving = serve_metrics("192.0.2.1:9464", registry=CollectorRegistry())
    assert serving._thread
    serving._thread.join(10)
    serving.stop()

    assert "192.0.2.1:9464: metrics cannot be served there" in caplog.text


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1:9464", (socket.AF_INET, ("127.0.0.1", 9464))),
        ("[::1]:9464", (socket.AF_INET6, ("::1", 9464))),
        ("unix:/run/x.sock", (socket.AF_UNIX, "/run/x.sock")),
    ],
)
def test_addresses(address: str, expected: object) -> None:
    assert parse_address(address) == expected


@pytest.mark.parametrize("address", ["", "9464", ":9464", "localhost:x", "localhost:0", "unix:relative"])
def test_a_bad_address_is_an_error(address: str) -> None:
    with pytest.raises(InstrumentationError, match="invalid address"):
        parse_address(address)
