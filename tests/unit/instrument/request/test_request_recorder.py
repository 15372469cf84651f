"""Requests that do not go the usual way: failures while failing, applications in applications, upgrades, streams."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask, Response, request
from prometheus_client import CollectorRegistry
from prometheus_client.samples import Sample
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from kubeglass.flask import instrument
from tests.unit.instrument.counting import requests, run_body, value


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def make_app(name: str = "shop") -> Flask:
    app = Flask(name)
    app.add_url_rule("/ok", "ok", lambda: "ok")
    app.add_url_rule("/fail", "fail", lambda: str(1 // 0))
    return app


@pytest.mark.parametrize("handled", [False, True])
def test_a_failing_after_request_is_not_counted_as_the_request_before(
    registry: CollectorRegistry, handled: bool
) -> None:
    app = make_app()

    @app.after_request
    def fail(response: Response) -> Response:
        if request.path != "/ok":
            raise ValueError("on purpose")
        return response

    app.add_url_rule("/save", "save", lambda: "saved")
    if handled:
        app.register_error_handler(500, lambda _: ("sorry", 503))
    instrument(app, registry=registry)
    client = app.test_client()
    client.get("/ok")

    answered = [client.get("/save").status_code for _ in range(3)]

    assert answered == [503 if handled else 500] * 3
    assert requests(registry, endpoint="/save", status=str(answered[0])) == 3
    assert requests(registry, endpoint="/ok") == 1
    assert requests(registry) == 4
    assert {sample.labels["status"] for sample in samples(registry) if sample.labels["endpoint"] == "/save"} == {
        str(answered[0])
    }
    assert value(registry, "http_request_exceptions_total", endpoint="/save", exception="ValueError") == 3
    assert value(registry, "http_requests_in_progress") == 0


def samples(registry: CollectorRegistry) -> list[Sample]:
    found = [sample for family in registry.collect() for sample in family.samples]
    return [sample for sample in found if sample.name == "http_requests_total"]


def test_an_exception_that_flask_passes_on_has_the_extra_labels_of_its_request(registry: CollectorRegistry) -> None:
    app = make_app()
    app.testing = True
    instrument(app, registry=registry, extra_labels={"tenant": lambda request: request.args["tenant"]})

    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/fail?tenant=blue")

    for name in ("http_requests_total", "http_request_exceptions_total"):
        assert value(registry, name, tenant="blue", endpoint="/fail") == value(registry, name) == 1


class TestApplicationsInsideOthers:
    @pytest.mark.parametrize("kind", ["ok", "fail", "stream"])
    def test_a_request_is_counted_once_by_the_one_that_answers_it(self, registry: CollectorRegistry, kind: str) -> None:
        inner, outer = make_app("inner"), make_app("outer")
        inner.add_url_rule("/stream", "stream", lambda: Response(iter([b"one"])))
        outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, {"/api": inner})  # type: ignore[method-assign]
        for app in (inner, outer):
            instrument(app, registry=registry)

        body, close = run_body(outer, f"/api/{kind}")
        assert value(registry, "http_requests_in_progress") == 1
        list(body)
        close()

        assert requests(registry, endpoint=f"/{kind}") == requests(registry) == 1
        assert value(registry, "http_request_exceptions_total") == (1 if kind == "fail" else 0)
        assert value(registry, "http_requests_in_progress") == 0

    @pytest.mark.parametrize("testing", [False, True])
    def test_each_counts_what_it_answers_in_its_own_registry(self, testing: bool) -> None:
        within, without = CollectorRegistry(), CollectorRegistry()
        inner, outer = make_app("inner"), make_app("outer")
        inner.testing = testing
        outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, {"/api": inner})  # type: ignore[method-assign]
        instrument(inner, registry=within)
        instrument(outer, registry=without, extra_labels={"tier": "front"})
        client = outer.test_client()

        client.get("/api/ok").close()
        client.get("/ok").close()
        if testing:
            with pytest.raises(ZeroDivisionError):
                client.get("/api/fail")
        client.get("/api/metrics").close()

        assert requests(within, endpoint="/ok", status="200") == 1
        assert requests(within) == 1 + testing
        assert requests(without, endpoint="/ok", tier="front") == requests(without) == 1
        for registry in (within, without):
            assert value(registry, "http_requests_in_progress") == 0

    @pytest.mark.parametrize("copied", [False, True])
    @pytest.mark.parametrize("shared", [False, True])
    def test_a_view_that_hands_its_request_on_counts_it_in_its_own_registry_only(
        self, shared: bool, copied: bool
    ) -> None:
        within = CollectorRegistry()
        without = within if shared else CollectorRegistry()
        inner, outer = make_app("inner"), make_app("outer")

        def hand_on(rest: str) -> Any:
            environ = moved(request.environ, rest)
            return Response.from_app(inner, environ) if copied else b"".join(run_body(inner, "", environ)[0])

        outer.add_url_rule("/api/<path:rest>", "api", hand_on)
        instrument(inner, registry=within)
        instrument(outer, registry=without)

        outer.test_client().get("/api/ok").close()

        assert requests(within, endpoint="/ok") == requests(without) == 1
        assert requests(without, endpoint="/api/<path:rest>") == (0 if shared else 1)
        assert value(without, "http_requests_in_progress") == 0

    def test_a_view_that_asks_another_application_is_its_own_request(self, registry: CollectorRegistry) -> None:
        inner, outer = make_app("inner"), make_app("outer")
        outer.add_url_rule("/ask", "ask", lambda: inner.test_client().get("/nowhere").text)
        for app in (inner, outer):
            instrument(app, registry=registry)

        outer.test_client().get("/ask")

        assert requests(registry, endpoint="<unmatched>", status="404") == 1
        assert requests(registry, endpoint="/ask", status="200") == 1


def moved(environ: dict[str, Any], rest: str) -> dict[str, Any]:
    environ["PATH_INFO"] = f"/{rest}"
    return environ


@pytest.mark.parametrize("path", ["/ok", "/fail", "/stream"])
def test_an_environ_that_is_used_twice_is_two_requests(registry: CollectorRegistry, path: str) -> None:
    app = make_app()
    app.testing = True
    app.add_url_rule("/stream", "stream", lambda: Response(iter([b"one"])))
    instrument(app, registry=registry)
    environ = run_environ(path)
    with suppress(ZeroDivisionError):
        run_body(app, path, environ)
    before = value(registry, "http_requests_in_progress")

    body, close = run_body(app, "/stream", environ)
    assert value(registry, "http_requests_in_progress") == before + 1
    list(body)
    close()

    # The first one's body was dropped, unclosed.
    assert requests(registry, endpoint="/stream", status="200") == (2 if path == "/stream" else 1)
    assert value(registry, "http_requests_in_progress") == 0


def run_environ(path: str) -> dict[str, Any]:
    from werkzeug.test import create_environ

    return create_environ(path)


class TestUpgrades:
    def test_a_connection_that_becomes_a_websocket_is_left_alone(self, registry: CollectorRegistry) -> None:
        app = make_app()
        app.add_url_rule("/socket", "socket", lambda: Response(status=101))
        instrument(app, registry=registry)

        app.test_client().get("/socket", headers={"Upgrade": "WebSocket"})

        assert requests(registry) == 0
        assert value(registry, "http_requests_in_progress") == 0

    def test_a_connection_that_is_taken_from_under_the_server_is_left_alone(self, registry: CollectorRegistry) -> None:
        class Taken(Response):
            def __call__(self, *_: object) -> Any:
                raise StopIteration

        app = make_app()
        app.add_url_rule("/socket", "socket", Taken)
        instrument(app, registry=registry)

        with pytest.raises(StopIteration):
            app(run_environ("/socket") | {"HTTP_UPGRADE": "websocket"}, lambda *_: None)  # type: ignore[arg-type]

        assert requests(registry) == 0
        assert value(registry, "http_requests_in_progress") == 0

    def test_asking_for_a_websocket_hides_no_request(self, registry: CollectorRegistry) -> None:
        app = make_app()
        instrument(app, registry=registry)
        client = app.test_client()

        for path in ("/ok", "/fail", "/nowhere"):
            client.get(path, headers={"Upgrade": "websocket"}).close()

        assert requests(registry, endpoint="/ok", status="200") == 1
        assert requests(registry, endpoint="/fail", status="500") == 1
        assert requests(registry, endpoint="<unmatched>", status="404") == 1
        assert value(registry, "http_request_exceptions_total") == 1
        assert value(registry, "http_requests_in_progress") == 0

    def test_nor_does_it_hide_an_exception_that_reaches_the_server(self, registry: CollectorRegistry) -> None:
        app = make_app()
        app.testing = True
        instrument(app, registry=registry)

        with pytest.raises(ZeroDivisionError):
            app.test_client().get("/fail", headers={"Upgrade": "websocket"})

        assert requests(registry, endpoint="/fail", status="500") == 1


class TestStreams:
    def stream(self) -> Iterator[bytes]:
        yield b"x" * 10
        raise RuntimeError("on purpose")

    def test_a_streamed_error_of_known_length_lasts_until_its_end(self, registry: CollectorRegistry) -> None:
        app = make_app()
        headers = {"Content-Length": "20"}
        app.add_url_rule("/proxy", "proxy", lambda: Response(self.stream(), status=404, headers=headers))
        instrument(app, registry=registry)

        body, close = run_body(app, "/proxy")
        assert value(registry, "http_requests_in_progress") == 1
        with pytest.raises(RuntimeError):
            list(body)
        close()

        assert requests(registry, endpoint="/proxy", status="404") == 1
        assert value(registry, "http_request_exceptions_total", exception="RuntimeError") == 1

    def test_measuring_sizes_reads_no_stream_ahead(self, registry: CollectorRegistry) -> None:
        read = []
        app = make_app()

        def parts() -> Iterator[bytes]:
            for number in range(3):
                read.append(number)
                yield b"part"

        headers = {"Content-Length": "12"}
        app.add_url_rule("/proxy", "proxy", lambda: Response(parts(), status=502, headers=headers))
        instrument(app, registry=registry, sizes=True)

        body, close = run_body(app, "/proxy")
        assert read == []
        list(body)
        close()

        assert value(registry, "http_response_size_bytes_sum", endpoint="/proxy") == 12


def test_a_status_that_a_middleware_inside_changes_keeps_size_and_trace(registry: CollectorRegistry) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    app = make_app()
    inside = app.wsgi_app
    app.wsgi_app = lambda environ, start: inside(  # type: ignore[method-assign, assignment]
        environ, lambda _, headers, *more: start("418 Teapot", headers, *more)
    )
    instrument(app, registry=registry, sizes=True)

    with current_span(trace):
        app.test_client().get("/ok").close()

    assert value(registry, "http_response_size_bytes_sum") == len("ok")
    page = app.test_client().get("/metrics", headers={"Accept": "application/openmetrics-text"}).text
    assert f'trace_id="{trace}"' in page


def current_span(trace_id: str) -> Any:
    from opentelemetry import trace

    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
    context = trace.SpanContext(int(trace_id, 16), 1, is_remote=False, trace_flags=flags)
    return trace.use_span(trace.NonRecordingSpan(context))


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_an_answer_without_a_body_has_no_size(registry: CollectorRegistry, method: str, status: int) -> None:
    app = make_app()
    app.add_url_rule("/body", "body", lambda: Response("a body that is never sent", status=status))
    instrument(app, registry=registry, sizes=True)

    app.test_client().open("/body", method=method).close()

    assert value(registry, "http_response_size_bytes_count", endpoint="/body") == 1
    assert value(registry, "http_response_size_bytes_sum", endpoint="/body") == 0


def test_a_route_of_the_applications_own_that_the_page_covers_is_said_once(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()
    instrument(app, registry=registry)
    app.add_url_rule("/metrics", "own", lambda: "mine")
    caplog.set_level(logging.WARNING)

    for _ in range(2):
        app.test_client().get("/metrics")

    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        "Flask application 'shop': its own route /metrics is unreachable, because the metrics are shown there"
    ]
