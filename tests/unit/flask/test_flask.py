"""Instrumenting a Flask application in one process: what is counted, under which labels."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, abort, g, send_file
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter
from werkzeug.test import EnvironBuilder, run_wsgi_app

from kubeglass.errors import InstrumentationError
from kubeglass.flask import instrument
from tests.unit.instrument.counting import requests, value

PRODUCT = "/products/<int:number>"


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def make_app(registry: CollectorRegistry, **options: Any) -> Flask:
    app = Flask("shop")

    @app.route(PRODUCT, methods=["GET", "POST"])
    def product(number: int) -> str:
        return f"product {number}"

    @app.route("/missing")
    def missing() -> str:
        abort(410)

    @app.route("/fail")
    def fail() -> str:
        raise LookupError("on purpose")

    @app.route("/stream")
    def stream() -> Response:
        return Response(iter([b"one ", b"two"]))

    instrument(app, registry=registry, **options)
    return app


def test_many_ids_of_one_route_are_one_series(registry: CollectorRegistry) -> None:
    client = make_app(registry).test_client()

    for number in range(5):
        client.get(f"/products/{number}")

    assert requests(registry, method="GET", endpoint=PRODUCT, status="200") == 5


def test_paths_without_a_route_share_one_value(registry: CollectorRegistry) -> None:
    client = make_app(registry).test_client()

    client.get("/wp-login.php")
    client.get("/.env")

    assert requests(registry, endpoint="<unmatched>", status="404") == 2


def test_methods_outside_the_standard_set_share_one_value(registry: CollectorRegistry) -> None:
    client = make_app(registry).test_client()

    client.open("/products/1", method="BREW")
    client.open("/products/1", method="WHEN")

    assert requests(registry, method="<other>") == 2
    assert requests(registry) == 2


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST"])
def test_every_standard_method_is_counted_under_its_name(registry: CollectorRegistry, method: str) -> None:
    make_app(registry).test_client().open("/products/1", method=method)

    assert requests(registry, method=method, endpoint=PRODUCT, status="200") == 1


def test_an_aborted_request_has_the_status_it_was_aborted_with(registry: CollectorRegistry) -> None:
    make_app(registry).test_client().get("/missing")

    assert requests(registry, endpoint="/missing", status="410") == 1


def test_an_unhandled_exception_is_counted_with_its_answer(registry: CollectorRegistry) -> None:
    make_app(registry).test_client().get("/fail")

    assert requests(registry, endpoint="/fail", status="500") == 1
    assert value(registry, "http_request_exceptions_total", endpoint="/fail", exception="LookupError") == 1
    assert value(registry, "http_requests_in_progress") == 0


def test_an_exception_that_flask_passes_on_is_counted_once_and_still_raised(registry: CollectorRegistry) -> None:
    app = make_app(registry)
    app.testing = True

    with pytest.raises(LookupError):
        app.test_client().get("/fail")

    assert requests(registry, endpoint="/fail", status="500") == 1
    assert value(registry, "http_request_exceptions_total", exception="LookupError") == 1
    assert value(registry, "http_requests_in_progress") == 0


def test_an_exit_in_the_middle_of_a_view_counts_for_its_route(registry: CollectorRegistry) -> None:
    app = Flask("shop")

    @app.route("/slow")
    def slow() -> str:
        raise SystemExit(1)

    instrument(app, registry=registry)

    with pytest.raises(SystemExit):
        app.test_client().get("/slow")

    assert requests(registry, endpoint="/slow", status="500") == 1
    assert value(registry, "http_request_exceptions_total", endpoint="/slow", exception="SystemExit") == 1


def test_a_handled_exception_is_no_unhandled_one(registry: CollectorRegistry) -> None:
    app = make_app(registry)
    app.register_error_handler(LookupError, lambda _: ("sorry", 503))

    app.test_client().get("/fail")

    assert requests(registry, endpoint="/fail", status="503") == 1
    assert value(registry, "http_request_exceptions_total") == 0


def run_body(app: Flask, path: str) -> tuple[Iterable[bytes], Callable[[], object]]:
    body: Any = app(EnvironBuilder(path).get_environ(), lambda *_: None)  # type: ignore[arg-type]
    return body, body.close


def test_a_stream_is_in_progress_until_its_last_byte(registry: CollectorRegistry) -> None:
    body, close = run_body(make_app(registry), "/stream")
    assert value(registry, "http_requests_in_progress") == 1

    assert b"".join(body) == b"one two"
    assert value(registry, "http_requests_in_progress") == 0
    close()

    assert value(registry, "http_requests_in_progress") == 0
    assert requests(registry, endpoint="/stream", status="200") == 1


def test_a_stream_that_the_client_leaves_is_counted_once(registry: CollectorRegistry) -> None:
    _, close = run_body(make_app(registry), "/stream")

    close()
    close()

    assert requests(registry, endpoint="/stream") == 1
    assert value(registry, "http_requests_in_progress") == 0


def test_an_exception_in_a_stream_is_counted_and_raised(registry: CollectorRegistry) -> None:
    app = Flask("shop")

    @app.route("/stream")
    def stream() -> Response:
        def parts() -> Iterator[bytes]:
            yield b"one"
            raise ConnectionError("on purpose")

        return Response(parts())

    instrument(app, registry=registry)
    body, close = run_body(app, "/stream")

    with pytest.raises(ConnectionError):
        list(body)
    close()

    assert value(registry, "http_request_exceptions_total", endpoint="/stream", exception="ConnectionError") == 1


def test_a_stream_lasts_until_its_last_byte(registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    for module in ("middleware", "stream"):
        monkeypatch.setattr(f"kubeglass.instrument.request.{module}.perf_counter", lambda: now)
    body, close = run_body(make_app(registry), "/stream")

    for _ in body:
        now += 3.5
    now = 100.0
    close()

    assert value(registry, "http_request_duration_seconds_sum", endpoint="/stream") == 7.0


def test_a_servers_own_file_wrapper_reaches_the_server(registry: CollectorRegistry, tmp_path: Path) -> None:
    class FileWrapper:
        def __init__(self, file: io.BufferedReader, size: int = 8192) -> None:
            self.close = file.close

    (tmp_path / "book.txt").write_text("text")
    app = Flask("shop")
    app.add_url_rule("/book", "book", lambda: send_file(tmp_path / "book.txt"))
    instrument(app, registry=registry)
    environ = EnvironBuilder("/book").get_environ()
    environ["wsgi.file_wrapper"] = FileWrapper

    body: Any = app(environ, lambda *_: None)  # type: ignore[arg-type]

    assert isinstance(body, FileWrapper)
    assert value(registry, "http_requests_in_progress") == 1
    body.close()
    assert requests(registry, endpoint="/book", status="200") == 1
    assert value(registry, "http_requests_in_progress") == 0


def test_blueprints_in_blueprints_have_their_whole_template(registry: CollectorRegistry) -> None:
    inner, outer = Blueprint("inner", "inner", url_prefix="/inner"), Blueprint("outer", "outer", url_prefix="/outer")
    inner.add_url_rule("/<name>", "view", lambda name: name)
    outer.register_blueprint(inner)
    app = Flask("shop")
    instrument(app, registry=registry)
    app.register_blueprint(outer)

    app.test_client().get("/outer/inner/x")

    assert requests(registry, endpoint="/outer/inner/<name>") == 1


def test_another_upgrade_is_counted(registry: CollectorRegistry) -> None:
    make_app(registry).test_client().get("/products/1", headers={"Upgrade": "h2c"})

    assert requests(registry, endpoint=PRODUCT) == 1


def test_the_status_that_a_middleware_inside_sends_counts(registry: CollectorRegistry) -> None:
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: "index")
    inside = app.wsgi_app

    def teapot(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/blocked":
            start_response("403 Forbidden", [])
            return [b"no"]
        return inside(environ, lambda status, headers, *more: start_response("418 Teapot", headers, *more))

    app.wsgi_app = teapot  # type: ignore[method-assign]
    instrument(app, registry=registry)

    app.test_client().get("/").close()
    app.test_client().get("/blocked").close()

    assert requests(registry, endpoint="/", status="418") == 1
    assert requests(registry, endpoint="<unmatched>", status="403") == 1
    assert requests(registry) == 2


def test_a_middleware_outside_changes_nothing(registry: CollectorRegistry) -> None:
    app = make_app(registry)
    measured = app.wsgi_app
    app.wsgi_app = lambda environ, start_response: measured(environ, start_response)  # type: ignore[method-assign]

    app.test_client().get("/products/1")

    assert requests(registry, endpoint=PRODUCT, status="200") == 1


def test_applications_with_one_registry_add_up(registry: CollectorRegistry) -> None:
    first, second = make_app(registry), make_app(registry)

    first.test_client().get("/products/1")
    second.test_client().get("/products/1")

    assert requests(registry, endpoint=PRODUCT) == 2
    assert 'status="200"} 2.0' in first.test_client().get("/metrics").text


def test_excluded_routes_are_not_measured(registry: CollectorRegistry) -> None:
    client = make_app(registry, exclude=["/products/*"]).test_client()

    client.get("/products/1")
    client.get("/missing")

    assert requests(registry) == 1
    assert value(registry, "http_requests_in_progress") == 0


def test_extra_labels_are_fixed_or_told_by_the_request(registry: CollectorRegistry) -> None:
    labels = {"tier": "web", "tenant": lambda request: request.args.get("tenant", "none"), "user": lambda _: g.user}
    app = make_app(registry, extra_labels=labels)
    app.before_request(lambda: setattr(g, "user", "eve"))

    app.test_client().get("/products/1?tenant=blue")

    assert requests(registry, tier="web", tenant="blue", user="eve", endpoint=PRODUCT) == 1
    assert value(registry, "http_request_duration_seconds_count", tenant="blue") == 1


def test_an_extra_labels_function_that_fails_breaks_no_answer(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(registry, extra_labels={"tenant": lambda _: str(1 // 0)}).test_client()

    assert client.get("/products/1").status_code == 200
    client.get("/products/2")

    assert requests(registry, tenant="<error>") == 2
    assert len(caplog.records) == 1


def test_too_many_label_values_share_one_series_and_one_warning(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(registry, max_series=10, extra_labels={"id": lambda request: request.path}).test_client()

    for number in range(100):
        client.get(f"/products/{number}")

    assert requests(registry) == 100
    assert requests(registry, id="<overflow>") == 90
    assert value(registry, "http_request_duration_seconds_count", id="<overflow>") == 90
    lines = [
        sample for family in registry.collect() for sample in family.samples if sample.name == "http_requests_total"
    ]
    assert len(lines) == 11
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "http_requests_total",
        "http_request_duration_seconds",
    ]


def test_sizes_are_measured_when_asked_for(registry: CollectorRegistry) -> None:
    client = make_app(registry, sizes=True).test_client()

    client.post("/products/1", data=b"x" * 500).close()
    client.head("/products/1").close()
    client.get("/stream").get_data()

    assert value(registry, "http_request_size_bytes_sum", endpoint=PRODUCT, method="POST") == 500
    assert value(registry, "http_response_size_bytes_sum", endpoint=PRODUCT, method="POST") == len("product 1")
    assert value(registry, "http_response_size_bytes_sum", method="HEAD") == 0


@pytest.mark.parametrize(
    "unannounced",
    [
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""},
        {"SERVER_PROTOCOL": "HTTP/2"},  # has no chunks: the length may be missing from any request
        {"CONTENT_LENGTH": "-5"},
        {"CONTENT_LENGTH": "many"},
    ],
)
def test_a_request_whose_size_is_not_announced_has_none(
    registry: CollectorRegistry, unannounced: dict[str, str]
) -> None:
    app = make_app(registry, sizes=True)
    environ = EnvironBuilder("/products/1", method="POST", input_stream=io.BytesIO(b"x" * 100_000)).get_environ()
    environ.pop("CONTENT_LENGTH", None)

    b"".join(app(environ | unannounced, lambda *_: None))  # type: ignore[arg-type]

    assert requests(registry, endpoint=PRODUCT) == 1
    assert value(registry, "http_request_size_bytes_count", endpoint=PRODUCT) == 0
    assert value(registry, "http_response_size_bytes_count", endpoint=PRODUCT) == 1


def test_a_request_without_a_body_has_size_0(registry: CollectorRegistry) -> None:
    make_app(registry, sizes=True).test_client().get("/products/1").close()

    assert value(registry, "http_request_size_bytes_count", endpoint=PRODUCT) == 1
    assert value(registry, "http_request_size_bytes_sum", endpoint=PRODUCT) == 0


def test_a_streams_size_is_what_was_sent(registry: CollectorRegistry) -> None:
    body, close = run_body(make_app(registry, sizes=True), "/stream")

    list(body)
    close()

    assert value(registry, "http_response_size_bytes_sum", endpoint="/stream") == len("one two")


def test_sizes_are_not_measured_unasked(registry: CollectorRegistry) -> None:
    make_app(registry).test_client().get("/products/1")

    assert "size_bytes" not in make_app(registry).test_client().get("/metrics").text


def test_buckets_are_the_ones_given(registry: CollectorRegistry) -> None:
    make_app(registry, buckets=(0.5, 60)).test_client().get("/products/1")

    assert value(registry, "http_request_duration_seconds_bucket", le="60.0") == 1
    assert value(registry, "http_request_duration_seconds_bucket", le="0.005") == 0


def test_without_a_path_the_application_shows_no_metrics(registry: CollectorRegistry) -> None:
    assert make_app(registry, path=None).test_client().get("/metrics").status_code == 404


def test_an_application_is_instrumented_once(registry: CollectorRegistry) -> None:
    app = make_app(registry)

    with pytest.raises(InstrumentationError, match="'shop': is already instrumented; call instrument"):
        instrument(app, registry=registry)


def test_a_metric_of_the_same_name_is_an_error_that_names_it(registry: CollectorRegistry) -> None:
    Counter("http_requests", "Mine.", registry=registry)

    with pytest.raises(InstrumentationError, match=r"has a metric of this name \(http_requests_total\).*prefix="):
        instrument(Flask("shop"), registry=registry)


def test_applications_with_one_registry_must_agree(registry: CollectorRegistry) -> None:
    make_app(registry)

    with pytest.raises(InstrumentationError, match="different buckets"):
        make_app(registry, buckets=(1, 2))


@pytest.mark.parametrize(
    ("option", "wrong", "said"),
    [
        ("buckets", (), "not ascending"),
        ("buckets", (2, 1), "not ascending"),
        ("buckets", (1, 1), "not ascending"),
        ("buckets", ("a",), "not ascending"),
        ("buckets", (float("nan"), 1), "not ascending"),
        ("path", "metrics", "must start with /"),
        ("path", "/metrics/<int:x>", "must start with /"),
        ("exclude", "/healthz", "not a list"),
        ("max_series", 0, "must be a positive integer"),
        ("max_series", True, "must be a positive integer"),
        ("extra_labels", {"endpoint": "x"}, "is already a label"),
        ("extra_labels", {"bad-name": "x"}, "not a valid label name"),
        ("extra_labels", {"tier": 3}, "neither a string nor a function"),
        ("token", " ", "bearer token is empty"),
    ],
)
def test_a_bad_option_is_an_error_that_says_what_to_do(
    registry: CollectorRegistry, option: str, wrong: object, said: str
) -> None:
    with pytest.raises(InstrumentationError, match=said) as caught:
        instrument(Flask("shop"), registry=registry, **{option: wrong})  # type: ignore[arg-type]

    assert caught.value.hint


ROUTES = st.sampled_from(["/", "/a/<x>", "/a/<int:x>/b", "/c/<path:rest>", "/d"])
PATHS = st.text(alphabet="abcd/19", max_size=8).map("/".__add__)
METHODS = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "DELETE", "BREW"])


@settings(max_examples=60)
@given(st.sets(ROUTES), st.lists(st.tuples(METHODS, PATHS), max_size=30))
def test_totals_equal_what_was_sent_and_labels_come_from_a_finite_set(
    routes: set[str], sent: list[tuple[str, str]]
) -> None:
    registry = CollectorRegistry()
    app = Flask("any")
    for rule in routes:
        app.add_url_rule(rule, rule.replace("/", "_").replace(".", "_"), lambda **_: "answer")
    instrument(app, registry=registry)

    answered = [app.test_client().open(path, method=method).status_code for method, path in sent]

    counted = [
        sample for family in registry.collect() for sample in family.samples if sample.name == "http_requests_total"
    ]  # fmt: skip
    assert sum(sample.value for sample in counted) == len(sent)
    for status in set(answered):
        assert requests(registry, status=str(status)) == answered.count(status)
    assert {sample.labels["endpoint"] for sample in counted} <= routes | {"<unmatched>", "/static/<path:filename>"}
    assert {sample.labels["method"] for sample in counted} <= {"GET", "POST", "HEAD", "OPTIONS", "DELETE", "<other>"}
    assert value(registry, "http_request_duration_seconds_count") == len(sent)
    assert value(registry, "http_requests_in_progress") == 0


def test_many_threads_lose_no_request(registry: CollectorRegistry) -> None:
    from concurrent.futures import ThreadPoolExecutor

    app = make_app(registry)

    def send(_: int) -> None:
        for number in range(50):
            run_wsgi_app(app, EnvironBuilder(f"/products/{number}").get_environ(), buffered=True)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(16)))

    assert requests(registry, endpoint=PRODUCT) == 800
    assert value(registry, "http_request_duration_seconds_count", endpoint=PRODUCT) == 800
