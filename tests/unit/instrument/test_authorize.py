"""Who may read the metrics: a function of the application's own decides, and whatever it does not allow is refused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Request
from prometheus_client import CollectorRegistry

from kubeglass.errors import InstrumentationError
from kubeglass.flask import instrument


def is_scraper(request: Request) -> bool:
    given = request.authorization
    return given is not None and (given.username, given.password) == ("scraper", "secret")


def make_app(authorize: Any, token: str | None = None) -> Flask:
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: "index")
    instrument(app, registry=CollectorRegistry(), authorize=authorize, token=token)
    return app


def test_basic_authentication_is_a_function_of_flasks_request() -> None:
    client = make_app(is_scraper).test_client()

    refused = client.get("/metrics", auth=("scraper", "wrong"))
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == 'Basic realm="metrics"'
    assert b"http_requests" not in refused.data
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", auth=("scraper", "secret")).status_code == 200
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("answer", [None, 0, 1, "yes", is_scraper])
def test_only_true_opens_the_page(answer: object) -> None:
    assert make_app(lambda _: answer).test_client().get("/metrics").status_code == 401


def test_a_function_that_fails_leaves_the_page_shut_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert make_app(lambda _: 1 / 0).test_client().get("/metrics").status_code == 401

    [record] = caplog.records
    assert "authorize" in record.getMessage()
    assert record.exc_info is not None


@pytest.mark.parametrize(
    ("token", "allow", "status"), [("t", True, 200), ("t", False, 401), ("other", True, 401), ("other", False, 401)]
)
def test_beside_a_token_both_must_allow(token: str, allow: bool, status: int) -> None:
    client = make_app(lambda _: allow, token).test_client()

    assert client.get("/metrics", headers={"Authorization": "Bearer t"}).status_code == status


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(InstrumentationError, match="authorize is not a function"):
        make_app("secret")


def asynchronous() -> Callable[[Request], Any]:
    async def authorize(_: Request) -> bool:
        return False

    return authorize


@pytest.mark.filterwarnings("ignore:coroutine")
def test_a_coroutine_does_not_open_the_page() -> None:
    assert make_app(asynchronous()).test_client().get("/metrics").status_code == 401
