"""The page's files, how long they are kept, and the headers around every answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kubeglass.viewer.page import SECURITY_HEADERS

from .conftest import Serve


@pytest.mark.parametrize("path", ["/", "/d/application-overview", "/d/application-overview/a-title?from=now-1h"])
def test_document_is_answered_for_every_address_of_the_page_and_never_cached(page: TestClient, path: str) -> None:
    response = page.get(path)

    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["cache-control"] == "no-cache"
    assert "kubeglass" in response.text


def test_hashed_file_is_kept_for_good_and_compressed(page: TestClient) -> None:
    response = page.get("/assets/main-4KXQ7HZA.js", headers={"Accept-Encoding": "gzip"})

    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["content-type"].startswith("text/javascript")


def test_file_without_hash_is_asked_for_anew_and_not_sent_twice(page: TestClient) -> None:
    first = page.get("/favicon.svg")
    second = page.get("/favicon.svg", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert second.status_code == 304


def test_page_that_was_not_built_says_how_to_build_it(serve: Serve, tmp_path: Path) -> None:
    response = serve(static=tmp_path / "empty").get("/")

    assert response.status_code == 503
    assert response.headers["content-type"].startswith("text/plain")
    assert "make page" in response.text


def test_missing_file_is_not_found_even_before_the_page_is_built(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert serve(static=tmp_path / "empty").get("/assets/main.js").status_code == 404


@pytest.mark.parametrize("path", ["/%2e%2e/dashboards/shop-a.json", "/assets/..%2f..%2fdashboards/shop-a.json"])
def test_nothing_outside_the_pages_folder_is_served(page: TestClient, path: str) -> None:
    assert page.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/absent", "/api/datasource", "/api/prometheus/api/v1/admin"])
def test_every_answer_carries_the_security_headers(page: TestClient, path: str) -> None:
    headers = page.get(path).headers

    assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


@pytest.mark.parametrize("host", ["127.0.0.1:3000", "localhost:3000", "LOCALHOST", "[::1]:3000"])
def test_loopback_names_are_accepted(page: TestClient, host: str) -> None:
    assert page.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1.example", "localhost.example:3000", "", "10.0.0.1"])
def test_other_names_are_refused_with_the_headers(page: TestClient, host: str) -> None:
    response = page.get("/api/dashboards", headers={"Host": host})

    assert response.status_code == 400
    assert "content-security-policy" in response.headers
