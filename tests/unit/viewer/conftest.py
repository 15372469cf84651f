"""The page's server in memory, in front of a Prometheus that the test plays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from kubeglass.viewer.query import ProxyLimits
from kubeglass.viewer.server import ViewerSettings, build_server

Handler = Callable[[httpx2.Request], httpx2.Response]
Serve = Callable[..., TestClient]

SUCCESS = {"status": "success", "data": {"resultType": "vector", "result": []}}


def answer(document: object, status: int = 200) -> httpx2.Response:
    """Build an answer as it comes off the wire: not yet read."""
    body = httpx2.ByteStream(json.dumps(document).encode())
    return httpx2.Response(status, headers={"Content-Type": "application/json"}, stream=body)


class FakePrometheus:
    """Answers with success and remembers what it was asked, unless told to answer otherwise."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self.handler: Handler = lambda _request: answer(SUCCESS)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return self.handler(request)


@pytest.fixture
def prometheus() -> FakePrometheus:
    return FakePrometheus()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A built page and two dashboards."""
    (tmp_path / "static" / "assets").mkdir(parents=True)
    (tmp_path / "static" / "index.html").write_text("<!doctype html><title>kubeglass</title>")
    (tmp_path / "static" / "assets" / "main-4KXQ7HZA.js").write_text("console.log(1);" * 200)
    (tmp_path / "static" / "favicon.svg").write_text("<svg/>")
    (tmp_path / "dashboards").mkdir()
    for uid, title in (("shop-b", "B"), ("shop-a", "A")):
        (tmp_path / "dashboards" / f"{uid}.json").write_text(json.dumps({"uid": uid, "title": title, "tags": ["x"]}))
    return tmp_path


@pytest.fixture
def settings(folder: Path) -> ViewerSettings:
    return ViewerSettings(
        prometheus_url="http://prometheus.test:9090",
        dashboards=folder / "dashboards",
        static=folder / "static",
        time_interval="1s",
    )


@pytest.fixture
def serve(settings: ViewerSettings, prometheus: FakePrometheus) -> Iterator[Serve]:
    """Start the server in memory, with other limits if given."""
    clients = []

    def start(limits: ProxyLimits = settings.limits, static: Path = settings.static) -> TestClient:
        upstream = httpx2.AsyncClient(transport=httpx2.MockTransport(prometheus))
        app = build_server(replace(settings, limits=limits, static=static), upstream)
        client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
        clients.append(client.__enter__())
        return client

    yield start
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def page(serve: Serve) -> TestClient:
    return serve()
