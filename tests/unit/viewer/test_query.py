"""The proxy: what goes through, what is refused, and what is said when Prometheus is not well."""

from __future__ import annotations

import asyncio
import gzip
import logging
import string
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import httpx2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from kubeglass.viewer.endpoints import find_endpoint
from kubeglass.viewer.query import ProxyLimits

from .conftest import SUCCESS, FakePrometheus, Serve, answer

API = "/api/prometheus/api/v1"

#: Any text, often with what URLs and forms treat specially. ``st.text()`` would first build tables of all of Unicode.
TEXT = st.lists(
    st.sampled_from(string.printable) | (st.integers(0, 0xD7FF) | st.integers(0xE000, 0x10FFFF)).map(chr), max_size=60
).map("".join)


def refuse_connection(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused", request=request)


def error_of(response: Any) -> tuple[int, str]:
    document = response.json()
    assert document["status"] == "error"
    assert document["error"]
    return response.status_code, document["errorType"]


def test_get_query_reaches_prometheus_as_a_form(page: TestClient, prometheus: FakePrometheus) -> None:
    response = page.get(f"{API}/query", params={"query": 'up{job="a b+c"}', "time": "1.5"})

    assert response.json() == SUCCESS
    assert prometheus.requests[0].method == "POST"
    assert str(prometheus.requests[0].url) == "http://prometheus.test:9090/api/v1/query"
    assert parse_qs(prometheus.requests[0].content.decode()) == {"query": ['up{job="a b+c"}'], "time": ["1.5"]}


def test_posted_form_and_query_string_are_joined(page: TestClient, prometheus: FakePrometheus) -> None:
    response = page.post(f"{API}/query_range?step=5", data={"query": "up", "start": "1", "end": "2"})

    assert response.status_code == 200
    expected = {"query": ["up"], "start": ["1"], "end": ["2"], "step": ["5"]}
    assert parse_qs(prometheus.requests[0].content.decode()) == expected


@pytest.mark.parametrize("path", ["label/job/values", "metadata"])
def test_endpoints_without_post_are_asked_by_get(page: TestClient, prometheus: FakePrometheus, path: str) -> None:
    response = page.post(f"{API}/{path}", data={"limit": "5"})

    assert response.status_code == 200
    assert prometheus.requests[0].method == "GET"
    assert str(prometheus.requests[0].url) == f"http://prometheus.test:9090/api/v1/{path}?limit=5"


@pytest.mark.parametrize(
    "path",
    [
        "admin/tsdb/delete_series",
        "write",
        "otlp/v1/metrics",
        "status/config",
        "targets",
        "query/../admin/tsdb/snapshot",
        "label/a%2Fb/values",
        "label/../values",
        "label//values",
        "QUERY",
        "",
    ],
)
def test_anything_else_of_prometheus_is_out_of_reach(page: TestClient, prometheus: FakePrometheus, path: str) -> None:
    response = page.get(f"{API}/{path}")

    assert response.status_code == 404
    assert prometheus.requests == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_get_and_post(page: TestClient, prometheus: FakePrometheus, method: str) -> None:
    response = page.request(method, f"{API}/query?query=up")

    assert response.status_code == 405
    assert prometheus.requests == []


def test_unknown_parameter_is_named_and_goes_nowhere(page: TestClient, prometheus: FakePrometheus) -> None:
    response = page.get(f"{API}/query", params={"query": "up", "debug": "1"})

    assert error_of(response) == (400, "bad_data")
    assert "debug" in response.json()["error"]
    assert prometheus.requests == []


@given(query=TEXT.filter(bool))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_text_arrives_unchanged(page: TestClient, prometheus: FakePrometheus, query: str) -> None:
    prometheus.requests.clear()

    response = page.post(f"{API}/query", data={"query": query})

    assert response.status_code == 200
    assert parse_qsl(prometheus.requests[0].content.decode()) == [("query", query)]


def test_bytes_that_are_no_text_are_refused(page: TestClient) -> None:
    assert error_of(page.get(f"{API}/query?query=%FF%FE")) == (400, "bad_data")


def test_body_that_is_no_form_is_refused(page: TestClient) -> None:
    assert error_of(page.post(f"{API}/query", json={"query": "up"})) == (415, "bad_data")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_query_over_the_limit_is_refused(serve: Serve, prometheus: FakePrometheus, method: str) -> None:
    page = serve(ProxyLimits(request_bytes=100))
    given = {"query": "x" * 200}

    response = page.get(f"{API}/query", params=given) if method == "GET" else page.post(f"{API}/query", data=given)

    assert error_of(response) == (413, "bad_data")
    assert prometheus.requests == []


def test_answer_over_the_limit_becomes_an_error(serve: Serve, prometheus: FakePrometheus) -> None:
    prometheus.handler = lambda _request: answer({"data": "x" * 1000})

    response = serve(ProxyLimits(response_bytes=500)).get(f"{API}/query?query=up")

    assert error_of(response) == (502, "too_large")


def test_prometheus_down_is_said_in_its_own_shape(page: TestClient, prometheus: FakePrometheus) -> None:
    prometheus.handler = refuse_connection

    response = page.get(f"{API}/query?query=up")

    assert error_of(response) == (502, "unavailable")
    assert "http://prometheus.test:9090 does not respond" in response.json()["error"]


def test_prometheus_that_is_not_ready_is_unavailable(page: TestClient, prometheus: FakePrometheus) -> None:
    prometheus.handler = lambda _request: httpx2.Response(503, text="Service Unavailable")

    assert error_of(page.get(f"{API}/query?query=up")) == (502, "unavailable")


class Endless(httpx2.AsyncByteStream):
    """The body of an answer that never comes to its end."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()


def test_slow_query_ends_at_the_deadline(serve: Serve, prometheus: FakePrometheus) -> None:
    headers = {"Content-Type": "application/json"}
    prometheus.handler = lambda _request: httpx2.Response(200, stream=Endless(), headers=headers)

    assert error_of(serve(ProxyLimits(seconds=0.05)).get(f"{API}/query?query=up")) == (504, "timeout")


def test_prometheus_own_error_passes_unchanged(page: TestClient, prometheus: FakePrometheus) -> None:
    said = {"status": "error", "errorType": "bad_data", "error": "parse error"}
    prometheus.handler = lambda _request: answer(said, 400)

    response = page.get(f"{API}/query?query=(")

    assert (response.status_code, response.json()) == (400, said)


def test_compressed_answer_is_passed_on_as_it_is(page: TestClient, prometheus: FakePrometheus) -> None:
    body = gzip.compress(b'{"status":"success"}')
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    prometheus.handler = lambda _request: httpx2.Response(200, stream=httpx2.ByteStream(body), headers=headers)

    response = page.get(f"{API}/query?query=up", headers={"Accept-Encoding": "gzip"})

    assert prometheus.requests[0].headers["accept-encoding"] == "gzip"
    assert response.headers["content-encoding"] == "gzip"
    assert response.json() == {"status": "success"}


def test_outage_is_logged_once_and_so_is_its_end(
    page: TestClient, prometheus: FakePrometheus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="kubeglass.viewer.query")
    well = prometheus.handler

    for handler in (refuse_connection, refuse_connection, well, well):
        prometheus.handler = handler
        page.get(f"{API}/query?query=up")

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_the_pages_cookies_and_headers_stay_here(page: TestClient, prometheus: FakePrometheus) -> None:
    page.get(f"{API}/query?query=up", headers={"Authorization": "Bearer x", "Cookie": "a=b", "X-Scope-OrgID": "1"})

    assert not {"authorization", "cookie", "x-scope-orgid"} & set(prometheus.requests[0].headers)


@given(path=TEXT)
def test_no_path_outside_the_list_is_found(path: str) -> None:
    endpoint = find_endpoint(path)

    assert endpoint is None or endpoint.path == path
    assert endpoint is None or ".." not in path
