"""Names of the library's metrics beside an application's own: a prefix, chosen or not, and nothing lost."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest
from prometheus_client.metrics import MetricWrapperBase

from kubeglass.errors import InstrumentationError
from kubeglass.flask import instrument
from kubeglass.instrument.storage.multiprocess_folder import FOLDER_VARIABLE
from tests.unit.instrument.counting import requests, shown, value

Make = Callable[[CollectorRegistry], MetricWrapperBase]

#: Metrics that prometheus_client refuses beside the library's, each by another of the names that a metric takes.
TAKEN: dict[str, Make] = {
    "a counter": lambda registry: Counter("http_requests_total", "Mine.", ["endpoint"], registry=registry),
    "a counter's time": lambda registry: Gauge("http_requests_created", "Mine.", registry=registry),
    "a counter's family": lambda registry: Gauge("http_requests", "Mine.", registry=registry),
    "a histogram": lambda registry: Histogram("http_request_duration_seconds", "Mine.", registry=registry),
    "a summary": lambda registry: Summary("http_request_duration_seconds", "Mine.", registry=registry),
    "a histogram's count": lambda registry: Gauge("http_request_duration_seconds_count", "Mine.", registry=registry),
    "a gauge": lambda registry: Gauge("http_requests_in_progress", "Mine.", registry=registry),
    "exceptions": lambda registry: Counter("http_request_exceptions_total", "Mine.", registry=registry),
}
#: The tutorials' counter, counted for each request.
OWN = 'Counter("http_requests_total", "Mine.", ["method", "endpoint", "http_status"])'


def make_app(registry: CollectorRegistry, **options: str) -> Flask:
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: "index")
    instrument(app, registry=registry, **options)  # type: ignore[arg-type]
    return app


def test_a_prefix_is_put_before_every_http_metric() -> None:
    registry = CollectorRegistry()
    client = make_app(registry, prefix="shop_").test_client()
    client.get("/")
    page = client.get("/metrics").text

    assert 'shop_http_requests_total{endpoint="/",method="GET",status="200"} 1.0' in page
    assert "\nhttp_" not in page
    assert "\nkubeglass_build_info{" in page
    assert value(registry, "shop_http_request_duration_seconds_count", endpoint="/") == 1


def test_the_environment_gives_a_prefix_and_code_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEGLASS_METRICS_PREFIX", "outside_")
    from_environment, from_code = CollectorRegistry(), CollectorRegistry()
    make_app(from_environment).test_client().get("/")
    make_app(from_code, prefix="inside_").test_client().get("/")

    assert value(from_environment, "outside_http_requests_total") == 1
    assert value(from_code, "inside_http_requests_total") == 1


@pytest.mark.parametrize("prefix", ["shop", "1_", "shop-", "a:b_", "_"])
def test_what_is_no_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(InstrumentationError, match=r"prefix must consist of letters, digits and '_', and end in '_'"):
        make_app(CollectorRegistry(), prefix=prefix)


@pytest.mark.parametrize("make", TAKEN.values(), ids=TAKEN.keys())
def test_a_name_that_is_taken_is_an_error_that_says_what_to_do(make: Make) -> None:
    registry = CollectorRegistry()
    make(registry)

    with pytest.raises(InstrumentationError, match=r'has a metric of this name.*http_.*prefix="shop_"') as caught:
        make_app(registry)
    assert "Duplicated" not in str(caught.value)
    make_app(registry, prefix="shop_")


@pytest.mark.parametrize("make", TAKEN.values(), ids=TAKEN.keys())
def test_a_metric_that_comes_later_keeps_its_name_and_nothing_is_lost(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    registry = CollectorRegistry()
    app = make_app(registry)
    app.test_client().get("/")

    make(registry)
    with caplog.at_level(logging.WARNING):
        assert [shown(app, "kubeglass_http_requests_total") for _ in range(2)] == [1, 1]

    [line] = [record.getMessage() for record in caplog.records]
    assert "kubeglass_" in line
    assert "prefix=" in line
    assert requests(registry, status="200") == 0
    assert b"kubeglass_http_requests_total{" in generate_latest(registry)


def run(code: str, **environment: str) -> str:
    env = {**{name: text for name, text in os.environ.items() if not name.startswith("KUBEGLASS")}, **environment}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


LATER = f"""
from flask import Flask
from prometheus_client import Counter
from kubeglass.flask import instrument
app = Flask("shop")
app.add_url_rule("/", "index", lambda: REQUESTS.labels("GET", "/", 200).inc() or "index")
instrument(app)
REQUESTS = {OWN}
client = app.test_client()
client.get("/"), client.get("/")
print(client.get("/metrics").text)
"""


def test_workers_tell_a_metric_that_comes_later_from_theirs(tmp_path: Path) -> None:
    page = run(LATER, **{FOLDER_VARIABLE: str(tmp_path)})

    assert 'http_requests_total{endpoint="/",http_status="200",method="GET"} 2.0' in page
    assert 'kubeglass_http_requests_total{endpoint="/",method="GET",status="200"} 2.0' in page
    assert page.count('method="GET",status="200"} 2.0') == 1
    assert page.count("# TYPE http_requests_total ") == 1
