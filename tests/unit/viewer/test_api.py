"""The dashboards, the data source, the health."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from .conftest import FakePrometheus


def test_dashboards_are_listed_by_title(page: TestClient) -> None:
    expected = [{"uid": "shop-a", "title": "A", "tags": ["x"]}, {"uid": "shop-b", "title": "B", "tags": ["x"]}]

    assert page.get("/api/dashboards").json() == expected


def test_dashboard_is_answered_as_on_disk_and_changes_show_at_once(page: TestClient, folder: Path) -> None:
    assert page.get("/api/dashboards/shop-a").json()["title"] == "A"

    (folder / "dashboards" / "shop-a.json").write_text(json.dumps({"uid": "shop-a", "title": "New"}))

    assert page.get("/api/dashboards/shop-a").json()["title"] == "New"


@pytest.mark.parametrize("content", ["{", "[]", "{}", "null", '"text"'])
def test_file_that_is_no_dashboard_is_left_out_and_logged(
    page: TestClient, folder: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "dashboards" / "broken.json").write_text(content)

    listed = page.get("/api/dashboards").json()

    assert [entry["uid"] for entry in listed] == ["shop-a", "shop-b"]
    assert "broken.json" in caplog.text


@pytest.mark.parametrize("uid", ["absent", "..%2Fsecret", "%2e%2e", "a" * 41, "a.b"])
def test_unknown_uid_is_not_found(page: TestClient, folder: Path, uid: str) -> None:
    (folder / "secret.json").write_text("{}")

    response = page.get(f"/api/dashboards/{uid}")

    assert response.status_code == 404


def test_folder_that_does_not_exist_yet_lists_nothing(page: TestClient, folder: Path) -> None:
    (folder / "dashboards").rename(folder / "elsewhere")

    assert page.get("/api/dashboards").json() == []


def test_datasource_carries_the_scrape_interval(page: TestClient) -> None:
    expected = {"uid": "prometheus", "name": "Prometheus", "type": "prometheus", "timeInterval": "1s"}

    assert page.get("/api/datasource").json() == expected


def test_health_does_not_ask_prometheus(page: TestClient, prometheus: FakePrometheus) -> None:
    assert page.get("/healthz").text == "ok\n"
    assert prometheus.requests == []
