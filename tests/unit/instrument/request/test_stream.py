"""Streams and files end once, whatever the server does with them: exhaust, close, leave or drop."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from wsgiref.util import FileWrapper

import pytest
from flask import Flask, Response, send_file
from prometheus_client import CollectorRegistry
from uvicorn.middleware.wsgi import WSGIMiddleware  # type: ignore[attr-defined]
from werkzeug.test import EnvironBuilder

from kubeglass.flask import instrument
from tests.unit.instrument.counting import requests, value

#: What a WSGI server does with the body that it got.
Server = Callable[[Iterable[bytes]], object]
BODY = b"part" * 3


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def app(registry: CollectorRegistry) -> Flask:
    return make_app(registry)


def make_app(registry: CollectorRegistry, **options: Any) -> Flask:
    app = Flask("shop")

    @app.route("/stream")
    def stream() -> Response:
        return Response(part for part in (b"part",) * 3)

    @app.route("/file")
    def file() -> Response:
        return send_file(io.BytesIO(BODY), mimetype="text/plain")

    @app.route("/fail")
    def fail() -> Response:
        def parts() -> Iterator[bytes]:
            yield b"part"
            raise ConnectionError("on purpose")

        return Response(parts())

    instrument(app, registry=registry, **options)
    return app


def exhaust(body: Iterable[bytes]) -> None:
    for _ in body:
        pass


def exhaust_and_close(body: Iterable[bytes]) -> None:
    exhaust(body)
    body.close()  # type: ignore[attr-defined]


def stop_at_content_length(body: Iterable[bytes]) -> None:
    sent = 0
    for part in body:
        sent += len(part)
        if sent == len(BODY):
            break


def drop(body: Iterable[bytes]) -> None:
    """Do nothing with it, as for a client that has gone before the first byte."""


def leave_in_the_middle(body: Iterable[bytes]) -> None:
    next(iter(body))


SERVERS = [exhaust, exhaust_and_close, stop_at_content_length, drop, leave_in_the_middle]


def serve(app: Flask, path: str, server: Server, **environ: Any) -> None:
    server(app(EnvironBuilder(path).get_environ() | environ, lambda *_: None))  # type: ignore[arg-type]


def assert_counted_once(registry: CollectorRegistry, path: str) -> None:
    assert requests(registry, endpoint=path, status="200") == requests(registry) == 1
    assert value(registry, "http_request_duration_seconds_count") == 1
    assert value(registry, "http_requests_in_progress") == 0


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("sizes", [False, True])
@pytest.mark.parametrize("path", ["/stream", "/file"])
def test_a_stream_is_counted_once_whether_the_server_closes_it_or_not(
    registry: CollectorRegistry, path: str, sizes: bool, server: Server
) -> None:
    serve(make_app(registry, sizes=sizes), path, server)

    assert_counted_once(registry, path)


class BoundFileWrapper:
    """A server's file wrapper whose ``close`` is a method, as waitress has one; wsgiref's is the file's."""

    def __init__(self, file: Any, size: int = 8192) -> None:
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.file)

    def close(self) -> None:
        self.file.close()


@pytest.mark.parametrize("wrapper", [FileWrapper, BoundFileWrapper])
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("sizes", [False, True])
def test_a_file_in_the_servers_own_wrapper_is_counted_once(
    registry: CollectorRegistry, sizes: bool, server: Server, wrapper: type
) -> None:
    app = make_app(registry, sizes=sizes)

    serve(app, "/file", server, **{"wsgi.file_wrapper": wrapper})

    assert_counted_once(registry, "/file")


def test_a_file_that_is_closed_is_closed(app: Flask) -> None:
    closed = []

    class Watched(BoundFileWrapper):
        def close(self) -> None:
            closed.append(self.file)
            super().close()

    serve(app, "/file", exhaust_and_close, **{"wsgi.file_wrapper": Watched})

    assert [file.closed for file in closed] == [True]


def test_a_stream_is_over_with_its_last_byte(app: Flask, registry: CollectorRegistry) -> None:
    body: Any = app(EnvironBuilder("/stream").get_environ(), lambda *_: None)  # type: ignore[arg-type]
    assert value(registry, "http_requests_in_progress") == 1

    exhaust(body)

    assert_counted_once(registry, "/stream")


def test_a_stream_that_fails_is_over_and_counts_its_exception_once(app: Flask, registry: CollectorRegistry) -> None:
    body: Any = app(EnvironBuilder("/fail").get_environ(), lambda *_: None)  # type: ignore[arg-type]

    with pytest.raises(ConnectionError):
        exhaust(body)

    assert_counted_once(registry, "/fail")
    assert value(registry, "http_request_exceptions_total", exception="ConnectionError") == 1


class AsgiCall:
    """One request to an ASGI application: what it sends, and what it waits for."""

    def __init__(self, path: str) -> None:
        self.scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "path": path, "root_path": "", "scheme": "http",
            "query_string": b"", "headers": [], "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
        }  # fmt: skip
        self.body = b""

    async def receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Any) -> None:
        self.body += message.get("body", b"")


@pytest.mark.filterwarnings("ignore:Uvicorn's native WSGI implementation:DeprecationWarning")
@pytest.mark.parametrize("path", ["/stream", "/file"])
def test_an_asgi_adapter_that_never_closes_leaves_nothing_in_progress(
    app: Flask, registry: CollectorRegistry, path: str
) -> None:
    async def call() -> bytes:
        request = AsgiCall(path)
        await WSGIMiddleware(app)(request.scope, request.receive, request.send)
        return request.body

    # In a thread of its own: a browser test of the same session may leave an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, call()).result() == BODY

    assert_counted_once(registry, path)
