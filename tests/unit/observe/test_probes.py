"""Probes say what they found and never raise."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from kubeglass.catalog import PROBE_PATH
from kubeglass.observe.probes import HttpProbe, TcpProbe, send_probe


class Answers(BaseHTTPRequestHandler):
    """Answers with the status that the path names."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.end_headers()
        self.wfile.write(b"not  today,\nsorry")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answers) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


def test_a_page_that_answers_is_well(server: str) -> None:
    assert HttpProbe(f"{server}/200").check().ok


def test_a_page_that_refuses_is_quoted(server: str) -> None:
    result = HttpProbe(f"{server}/503").check()

    assert not result.ok
    assert result.answered
    assert result.detail == f"{server}/503 responded with 503: not today, sorry"


def test_any_answer_will_do_where_that_was_asked(server: str) -> None:
    assert HttpProbe(f"{server}/404", any_status=True).check().ok


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "no address at all"])
def test_nobody_there_is_said(url: str, free_port: int) -> None:
    result = HttpProbe(url.format(port=free_port), any_status=True).check()

    assert not result.ok
    assert not result.answered
    assert "does not respond" in result.detail


def test_a_port_is_open_or_not(server: str, free_port: int) -> None:
    assert TcpProbe("127.0.0.1", int(server.rsplit(":", 1)[1])).check().ok
    closed = TcpProbe("127.0.0.1", free_port).check()
    assert closed.detail == f"127.0.0.1:{free_port} does not accept connections (Connection refused)"


class App(BaseHTTPRequestHandler):
    """An app whose metrics page and whose response to a probe the test chooses; remembers what it was asked."""

    page = b"kubeglass_probe_requests_total 0\n"
    status = 204
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200 if self.path == "/metrics" else self.status)
        self.end_headers()
        if self.path == "/metrics":
            self.wfile.write(self.page)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay silent."""


@pytest.mark.parametrize(
    ("page", "status", "probed", "sent"),
    [
        (b"kubeglass_probe_requests_total 0\n", 204, True, True),
        (b"jobs_total 7\n", 204, False, False),
        (b"kubeglass_probe_requests_total 0\n", 404, False, True),
    ],
)
def test_a_probe_goes_to_an_instrumented_app_alone(page: bytes, status: int, *, probed: bool, sent: bool) -> None:
    asked: list[str] = []
    handler = type("Handler", (App,), {"page": page, "status": status, "asked": asked})
    with HTTPServer(("127.0.0.1", 0), handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        assert send_probe(f"http://127.0.0.1:{made.server_port}", "/metrics") is probed
        made.shutdown()
        thread.join()

    assert asked == ["/metrics", PROBE_PATH][: 1 + sent]


def test_an_app_that_is_not_there_is_not_probed(free_port: int) -> None:
    assert not send_probe(f"http://127.0.0.1:{free_port}", "/metrics")
