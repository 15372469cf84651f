"""The page on an address of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter

from kubeglass.errors import InstrumentationError
from kubeglass.flask import serve_metrics
from kubeglass.instrument.server import parse_address


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


def test_an_address_of_another_machine_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    serving = serve_metrics("192.0.2.1:9464", registry=CollectorRegistry())
    serving._thread.join(10)

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
    with pytest.raises(InstrumentationError, match="the address is none"):
        parse_address(address)
