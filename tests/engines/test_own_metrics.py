"""``up`` with applications that have metrics of their own, under the names that the library gives to its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from kubeglass.dashboards.queries import panel_queries
from kubeglass.observe.prometheus import Prometheus, find_empty_panels
from tests.cli.runs import foreground, process_of, wait_until, wait_until_up

pytestmark = pytest.mark.engines

#: What most tutorials say.
TUTORIAL = """
from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
app = Flask(__name__)
REQUESTS = Counter("http_requests_total", "Requests.", ["method", "endpoint", "http_status"])
LATENCY = Histogram("http_request_duration_seconds", "Latency.", ["endpoint"])
@app.get("/")
def index():
    REQUESTS.labels("GET", "/", 200).inc()
    with LATENCY.labels("/").time():
        return "index"
@app.get("/metrics")
def metrics():
    return Response(generate_latest(), mimetype=CONTENT_TYPE_LATEST)
"""
MOUNTED = """
from flask import Flask
from prometheus_client import Counter, make_wsgi_app
from werkzeug.middleware.dispatcher import DispatcherMiddleware
REQUESTS = Counter("http_requests_total", "Requests.", ["method", "endpoint", "status"])
def create_app():
    app = Flask(__name__)
    @app.get("/")
    def index():
        REQUESTS.labels("GET", "index", 200).inc()
        return "index"
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/metrics": make_wsgi_app()})
    return app
"""
EXPORTER = """
from flask import Flask
from prometheus_flask_exporter import NO_PREFIX, PrometheusMetrics
app = Flask(__name__)
metrics = PrometheusMetrics(app, defaults_prefix=NO_PREFIX)
@app.get("/")
def index(): return "index"
"""
#: Registered only when the first request is answered: nobody can know of it before.
LATE = """
from flask import Flask
from prometheus_client import Counter
app = Flask(__name__)
made = []
@app.get("/")
def index():
    if not made:
        made.append(Counter("http_requests_total", "Requests.", ["method", "endpoint", "http_status"]))
    made[0].labels("GET", "/", 200).inc()
    return "index"
"""
IN_CODE = """
from flask import Flask
from kubeglass.flask import instrument
app = Flask(__name__)
instrument(app, prefix="shop_")
@app.get("/")
def index(): return "index"
"""
INSTRUMENTED_BEFORE = """
from flask import Flask
from kubeglass.flask import instrument
from prometheus_client import Counter
app = Flask(__name__)
instrument(app)
REQUESTS = Counter("http_requests_total", "Requests.", ["method", "endpoint", "http_status"])
@app.get("/")
def index():
    REQUESTS.labels("GET", "/", 200).inc()
    return "index"
"""
SENT = 6


@contextmanager
def up(folder: Path, module: str) -> Iterator[tuple[dict[str, Any], Prometheus]]:
    """Bring an app up, scraped each second, and send it requests."""
    (folder / "kubeglass.yaml").write_text(f"apps: [{{name: shop, module: '{module}'}}]\nscrape: {{interval: 1s}}\n")
    with foreground(folder):
        try:
            record = wait_until_up(folder)
        except AssertionError:
            raise AssertionError((folder / "up.log").read_text()) from None
        for _ in range(SENT):
            with urlopen(f"{process_of(record, 'shop')['address']}/") as answer:
                assert answer.status == 200
        with Prometheus(record["prometheus"]) as prometheus:
            yield record, prometheus


@pytest.mark.parametrize(
    ("code", "module", "prefix"),
    [
        pytest.param(TUTORIAL, "myapp:app", "kubeglass_", id="a tutorial's"),
        pytest.param(MOUNTED, "myapp:create_app()", "kubeglass_", id="a factory's, page mounted"),
        pytest.param(EXPORTER, "myapp:app", "kubeglass_", id="prometheus-flask-exporter's"),
        pytest.param(IN_CODE, "myapp:app", "shop_", id="prefix in code"),
        pytest.param(INSTRUMENTED_BEFORE, "myapp:app", "kubeglass_", id="registered after instrument"),
    ],
)
def test_an_app_with_metrics_of_our_names_comes_up_and_every_panel_shows_ours(
    tmp_path: Path, code: str, module: str, prefix: str
) -> None:
    (tmp_path / "myapp.py").write_text(code)
    with up(tmp_path, module) as (record, prometheus):
        counted = f'sum({prefix}http_requests_total{{job="shop",endpoint="/",status="200"}})'
        wait_until(lambda: prometheus.value(counted) == SENT, "every request in ours")
        document = json.loads((tmp_path / ".kubeglass/dashboards/application-overview.json").read_text())
        queries = panel_queries(document, scrape_interval=1.0)
        wait_until(lambda: not find_empty_panels(prometheus, queries), "data in every panel")
        recorded = 'sum(job_endpoint:http_requests:rate5m{job="shop",endpoint="/"})'
        wait_until(lambda: prometheus.value(recorded) is not None, "ours, recorded")
        own = prometheus.value('sum(http_requests_total{job="shop"})')

    assert own in (SENT, None) if "REQUESTS" not in code else own == SENT
    assert record["phase"] == "up"
    note = "shop has metrics named like kubeglass's"
    assert (note in (tmp_path / "up.log").read_text()) == (prefix == "kubeglass_")


def test_a_metric_of_our_name_that_a_view_makes_breaks_no_request(tmp_path: Path) -> None:
    (tmp_path / "myapp.py").write_text(LATE)
    with up(tmp_path, "myapp:app") as (_, prometheus):
        ours = 'sum({__name__=~"(kubeglass_)?http_requests_total",job="shop",status="200"})'
        wait_until(lambda: prometheus.value(ours) == SENT, "every request")
