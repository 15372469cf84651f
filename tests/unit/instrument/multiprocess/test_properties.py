"""Whatever is asked of whatever routes, in one process or several: the totals are what was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask, Response, abort, redirect
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from werkzeug.test import EnvironBuilder

from kubeglass.flask import instrument
from kubeglass.instrument.storage.multiprocess_folder import FOLDER_VARIABLE
from tests.unit.instrument.counting import in_fork, shown

#: What a request does, with the status it is counted under; the body is whole or a stream.
STATUSES = {
    "/whole": 200,
    "/stream": 200,
    "/abandoned": 200,
    "/breaks": 200,
    "/abort": 410,
    "/redirect": 302,
    "/fail": 500,
    "/exit": 500,
    "/nowhere": 404,
}
EXCEPTIONS = {"/breaks", "/fail", "/exit"}
WAYS = st.sampled_from(sorted(STATUSES))


def make_app(**options: object) -> Flask:
    app = Flask("any")
    app.logger.disabled = True

    @app.route("/stream")
    @app.route("/abandoned")
    def stream() -> Response:
        return Response(iter([b"one", b"two"]))

    @app.route("/breaks")
    def breaks() -> Response:
        def parts() -> Iterator[bytes]:
            yield b"one"
            raise ConnectionError("on purpose")

        return Response(parts())

    @app.route("/exit")
    def leave() -> str:
        raise SystemExit

    app.add_url_rule("/whole", "whole", lambda: "whole")
    app.add_url_rule("/abort", "abort", lambda: abort(410))
    app.add_url_rule("/redirect", "redirect", lambda: redirect("/whole"))
    app.add_url_rule("/fail", "fail", lambda: str(1 // 0))
    instrument(app, registry=CollectorRegistry(), **options)  # type: ignore[arg-type]
    return app


def send(app: Flask, way: str) -> None:
    """Call the application as a server does; a client leaves in the middle where the way says so."""
    with suppress(ConnectionError, SystemExit):
        body = app(EnvironBuilder(way).get_environ(), lambda *_: None)  # type: ignore[arg-type]
        try:
            for _ in body:
                if way == "/abandoned":
                    break
        finally:
            getattr(body, "close", lambda: None)()


def check(app: Flask, sent: list[str]) -> None:
    asked = Counter(sent)
    for way, number in asked.items():
        endpoint = "<unmatched>" if way == "/nowhere" else way
        found = shown(app, "http_requests_total", endpoint=endpoint, status=str(STATUSES[way]))
        assert (way, found) == (way, number)
    assert shown(app, "http_requests_total") == len(sent)
    assert shown(app, "http_request_duration_seconds_count") == len(sent)
    assert shown(app, "http_request_duration_seconds_bucket", le="+Inf") == len(sent)
    assert shown(app, "http_request_exceptions_total") == sum(asked[way] for way in EXCEPTIONS)
    assert shown(app, "http_requests_in_progress") == 0


@pytest.mark.parametrize(
    "options", [{}, {"sizes": True}, {"extra_labels": {"method_": lambda request: request.method}}]
)
@settings(max_examples=30)
@given(sent=st.lists(WAYS, max_size=20))
def test_totals_are_what_was_sent(options: dict[str, object], sent: list[str]) -> None:
    app = make_app(**options)

    for way in sent:
        send(app, way)

    check(app, sent)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(workers=st.lists(st.lists(WAYS, max_size=8), max_size=3), scraped=st.booleans(), own=st.lists(WAYS, max_size=5))
def test_totals_are_what_was_sent_to_all_processes(
    tmp_path_factory: pytest.TempPathFactory, workers: list[list[str]], scraped: bool, own: list[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        folder: Path = tmp_path_factory.mktemp("values")
        patch.setenv(FOLDER_VARIABLE, str(folder))
        app = make_app()

        for ways in workers:
            in_fork(work(app, ways))
            if scraped:  # and so compacted
                shown(app, "http_requests_total")
        for way in own:
            send(app, way)

        check(app, [*own, *(way for ways in workers for way in ways)])


def work(app: Flask, ways: list[str]) -> Callable[[], object]:
    def send_all() -> None:
        for way in ways:
            send(app, way)

    return send_all
