"""The page a scrape reads: who may, in which format, with which trace ids."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import pytest
from flask import Flask
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics import parser

from kubeglass.errors import InstrumentationError
from kubeglass.flask import instrument
from kubeglass.instrument.options import find_token
from kubeglass.instrument.request.response import parse_traceparent
from kubeglass.instrument.storage.multiprocess_folder import FOLDER_VARIABLE
from tests.unit.instrument.counting import in_fork, shown

TRACE = "0af7651916cd43dd8448eb211c80319c"
OPEN = {"Accept": "application/openmetrics-text; version=1.0.0"}


def make_app(token: str | None = None, *, exemplars: bool = True) -> Flask:
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: "index")
    instrument(app, registry=CollectorRegistry(), token=token, exemplars=exemplars)
    return app


def test_the_page_says_which_format_it_is() -> None:
    client = make_app().test_client()

    assert client.get("/metrics").content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert client.get("/metrics").headers["Vary"] == "Accept, Accept-Encoding"
    answer = client.get("/metrics", headers=OPEN)
    assert answer.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")


def test_the_page_is_packed_on_request() -> None:
    client = make_app().test_client()

    answer = client.get("/metrics", headers={"Accept-Encoding": "*;q=0, gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"http_requests_in_progress" in gzip.decompress(answer.data)


def test_the_page_is_only_read() -> None:
    client = make_app().test_client()

    assert client.post("/metrics").status_code == 405
    head = client.head("/metrics")
    assert head.status_code == 200
    assert head.data == b""


def test_without_the_token_the_page_stays_shut() -> None:
    client = make_app("secret").test_client()

    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Basic secret"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer secret"}).status_code == 200


def test_the_token_comes_from_code_then_environment_then_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    assert find_token(None) == ""
    monkeypatch.setenv("KUBEGLASS_METRICS_TOKEN_FILE", str(tmp_path / "token"))
    assert find_token(None) == "from-file"
    monkeypatch.setenv("KUBEGLASS_METRICS_TOKEN", "from-environment")
    assert find_token(None) == "from-environment"
    assert find_token("from-code") == "from-code"


def test_a_token_file_that_cannot_be_read_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBEGLASS_METRICS_TOKEN_FILE", str(tmp_path / "none"))

    with pytest.raises(InstrumentationError, match="cannot read the token"):
        find_token(None)


def test_the_token_is_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    app = make_app("secret")

    refused = app.test_client().get("/metrics", headers={"Authorization": "Bearer wrong"})

    assert "secret" not in caplog.text + refused.text + repr(app.extensions["kubeglass"].options)


def traces(app: Flask) -> set[str]:
    families = parser.text_string_to_metric_families(  # type: ignore[no-untyped-call]
        app.test_client().get("/metrics", headers=OPEN).text
    )
    return {
        sample.exemplar.labels["trace_id"] for family in families for sample in family.samples if sample.exemplar
    }  # fmt: skip


def test_the_trace_of_a_header_is_an_exemplar() -> None:
    app = make_app()

    app.test_client().get("/", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})

    assert traces(app) == {TRACE}


def test_the_trace_of_the_current_span_is_an_exemplar() -> None:
    tracer = TracerProvider().get_tracer("test")
    app = make_app()

    @app.route("/traced")
    def traced() -> str:
        return "traced"

    with tracer.start_as_current_span("request") as span:
        app.test_client().get("/traced")

    assert traces(app) == {trace.format_trace_id(span.get_span_context().trace_id)}


def test_exemplars_of_the_worker_that_is_scraped_are_shown_with_everybodys_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    app = make_app()
    headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    in_fork(lambda: app.test_client().get("/"))

    app.test_client().get("/", headers=headers)

    assert traces(app) == {TRACE}
    assert shown(app, "http_requests_total") == 2
    assert "trace_id" not in app.test_client().get("/metrics").text


def test_no_exemplars_unless_wanted() -> None:
    app = make_app(exemplars=False)

    app.test_client().get("/", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})

    assert traces(app) == set()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"00-{TRACE}-b7ad6b7169203331-00",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE[:-1]}\n-b7ad6b7169203331-01",
        f'00-{TRACE[:-1]}"-b7ad6b7169203331-01',
        f"00-{TRACE}-b7ad6b7169203331-zz",
        f"00-{TRACE}-b7ad6b7169203331-1",
        f"00-{TRACE}-b7ad6b7169203331-01x",
        f"00-{TRACE}-b7ad6b7169203331-01-more",
        f"cc-{TRACE}-b7ad6b7169203331-01more",
        f"ff-{TRACE}-b7ad6b7169203331-01",
        f"zz-{TRACE}-b7ad6b7169203331-01",
        f"0-{TRACE}-b7ad6b7169203331-01",
        f"00-{TRACE}-zzzzzzzzzzzzzzzz-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-b7ad6b7169203331-01",
    ],
)
def test_a_header_that_is_malformed_or_not_sampled_has_no_trace(header: str) -> None:
    assert parse_traceparent({"HTTP_TRACEPARENT": header}) is None


def test_a_later_versions_header_may_go_on() -> None:
    assert parse_traceparent({"HTTP_TRACEPARENT": f"cc-{TRACE}-b7ad6b7169203331-01-more"}) == TRACE


def test_a_scrape_that_takes_no_coding_is_refused() -> None:
    answer = make_app().test_client().get("/metrics", headers={"Accept-Encoding": "br, identity;q=0"})

    assert answer.status_code == 406
    assert answer.text == "only gzip and identity are available\n"
