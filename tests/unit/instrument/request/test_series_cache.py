"""What an application's requests add to: its own choices, kept in a cache that no client can fill."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry

from kubeglass.flask import Instrumentation, instrument
from kubeglass.instrument.options import ExtraLabel, Options
from kubeglass.instrument.request.series_cache import CACHE_FACTOR, SeriesCache
from kubeglass.instrument.storage.cells import MemoryStore
from kubeglass.instrument.storage.http_metrics import HttpMetrics
from tests.unit.instrument.counting import requests, value


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def make_app(registry: CollectorRegistry, **options: object) -> Flask:
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: "index")
    app.add_url_rule("/healthz", "healthz", lambda: "healthy")
    app.add_url_rule("/fail", "fail", lambda: str(1 // 0))
    instrument(app, registry=registry, **options)  # type: ignore[arg-type]
    return app


def answers(**options: object) -> SeriesCache:
    chosen = Options(**options)  # type: ignore[arg-type]
    return SeriesCache(HttpMetrics(MemoryStore(), chosen), chosen)


class TestApplicationsThatShareARegistry:
    def test_each_has_label_values_of_its_own(self, registry: CollectorRegistry) -> None:
        values: list[ExtraLabel] = ["first", lambda request: request.args["app"]]
        first, second = (make_app(registry, extra_labels={"app": each}) for each in values)

        first.test_client().get("/")
        second.test_client().get("/?app=second")

        assert requests(registry, app="first") == requests(registry, app="second") == 1

    def test_each_excludes_routes_of_its_own(self, registry: CollectorRegistry) -> None:
        first, second = make_app(registry), make_app(registry, exclude=["/healthz", "/fail"])

        for app in (first, second):
            app.test_client().get("/healthz")
            app.test_client().get("/fail")

        assert requests(registry, endpoint="/healthz") == 1
        assert value(registry, "http_request_exceptions_total") == 1

    def test_each_shows_the_metrics_at_a_path_of_its_own(self, registry: CollectorRegistry) -> None:
        first, second = make_app(registry, path=None), make_app(registry, path="/numbers")

        assert first.test_client().get("/metrics").status_code == 404
        assert second.test_client().get("/metrics").status_code == 404
        assert "http_requests_total" in second.test_client().get("/numbers").text

    def test_each_keeps_exemplars_or_not(self, registry: CollectorRegistry) -> None:
        first, second = make_app(registry), make_app(registry, exemplars=False)
        for number, app in enumerate((first, second), 1):
            app.test_client().get("/", headers={"traceparent": f"00-{number:032x}-b7ad6b7169203331-01"})

        page = first.test_client().get("/metrics", headers={"Accept": "application/openmetrics-text"}).text

        assert f'trace_id="{1:032x}"' in page
        assert f'trace_id="{2:032x}"' not in page

    @pytest.mark.parametrize(("name", "wrong"), [("extra_labels", {"tier": "x"}), ("max_series", 3), ("sizes", True)])
    def test_what_they_share_must_be_the_same(self, registry: CollectorRegistry, name: str, wrong: object) -> None:
        make_app(registry)

        with pytest.raises(Exception, match=f"different {name}"):
            make_app(registry, **{name: wrong})


class TestCache:
    def test_it_has_an_end(self) -> None:
        found = answers(max_series=3)

        for number in range(100):
            found.find(None, "GET", f"/{number}", 200)

        assert len(found.known) == 3 * CACHE_FACTOR

    def test_a_method_that_a_client_invents_is_not_in_it(self) -> None:
        found = answers()

        for number in range(100):
            found.find(None, f"BREW{number}", "/", 200)

        assert len(found.known) == 0

    def test_the_same_request_finds_the_same_answer(self) -> None:
        found = answers()

        assert found.find(None, "GET", "/", 200) is found.find(None, "GET", "/", 200)


SURROGATE = "\ud800"


@pytest.mark.parametrize("labels", [{"tenant": SURROGATE}, {"tenant": lambda request: request.get_json()["tenant"]}])
def test_a_label_value_that_utf8_cannot_carry_breaks_no_scrape(
    registry: CollectorRegistry, labels: Mapping[str, ExtraLabel]
) -> None:
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: "index", methods=["POST"])
    instrumentation = instrument(app, registry=registry, extra_labels=labels)
    assert isinstance(instrumentation, Instrumentation)

    app.test_client().post("/", data=b'{"tenant": "\\ud800"}', content_type="application/json")

    page = app.test_client().get("/metrics")
    assert page.status_code == 200
    assert 'tenant="\\\\ud800"} 1.0' in page.text
