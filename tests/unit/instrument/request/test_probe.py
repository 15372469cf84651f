"""The path for proofs: answered in every instrumented application, seen by no view, in no count of the user's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from kubeglass.catalog import PROBE_PATH
from kubeglass.flask import instrument
from tests.unit.instrument.counting import in_fork, requests, shown, value

PROBES = "kubeglass_probe_requests_total"
METHODS = ("GET", "HEAD", "POST", "OPTIONS")


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def make_catch_all(registry: CollectorRegistry, **options: Any) -> Flask:
    """Make an application whose one view takes every path, as a single-page application's does."""
    app = Flask("shop")

    @app.route("/", defaults={"path": ""})
    @app.route("/<path:path>", methods=METHODS)
    def everything(path: str) -> str:
        raise AssertionError(f"{path} reached a view")

    instrument(app, registry=registry, **options)
    return app


@pytest.mark.parametrize("options", [{}, {"path": None}, {"sizes": True}, {"path": "/-/metrics"}])
@pytest.mark.parametrize("method", METHODS)
def test_a_probe_is_counted_and_reaches_no_view(
    registry: CollectorRegistry, options: dict[str, Any], method: str
) -> None:
    response = make_catch_all(registry, **options).test_client().open(PROBE_PATH, method=method)

    assert (response.status_code, response.data) == (204, b"")
    assert value(registry, PROBES) == 1


def test_a_probe_is_in_no_count_of_the_applications_requests(registry: CollectorRegistry) -> None:
    make_catch_all(registry, sizes=True).test_client().get(PROBE_PATH)

    assert [
        (sample.name, sample.value)
        for family in registry.collect()
        for sample in family.samples
        if sample.name.startswith("http_")
    ] == [("http_requests_in_progress", 0)]


def test_an_application_without_probes_shows_none(registry: CollectorRegistry) -> None:
    app = make_catch_all(registry)

    assert f"{PROBES} 0.0" in app.test_client().get("/metrics").text


def test_a_request_for_a_websocket_on_the_probe_path_is_a_probe(registry: CollectorRegistry) -> None:
    client = make_catch_all(registry).test_client()

    assert client.get(PROBE_PATH, headers={"Upgrade": "websocket"}).status_code == 204


def test_a_probe_of_an_application_mounted_in_another_counts_there_alone(registry: CollectorRegistry) -> None:
    shop, admin = make_catch_all(registry), make_catch_all(inner := CollectorRegistry())
    shop.wsgi_app = DispatcherMiddleware(shop.wsgi_app, {"/admin": admin})  # type: ignore[method-assign]

    assert Client(shop).get(f"/admin{PROBE_PATH}").status_code == 204

    assert (value(registry, PROBES), value(inner, PROBES)) == (0, 1)
    assert (requests(registry), requests(inner)) == (0, 0)
    assert value(registry, "http_requests_in_progress") == 0


def test_probes_of_every_worker_add_up(
    registry: CollectorRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    app = make_catch_all(registry)
    assert f"{PROBES} 0.0" in app.test_client().get("/metrics").text

    def probe() -> None:
        app.test_client().get(PROBE_PATH)

    for act in (probe, lambda: in_fork(probe), lambda: in_fork(probe)):
        act()

    assert value(registry, PROBES) == 1  # this process's own
    assert shown(app, PROBES) == 3
