"""``up`` with applications that have metrics of their own, under the names that the library gives to its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
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

#: Module, how it names its application, and its code.
PREFIXED = {
    "tutorial": ("app", TUTORIAL),
    "mounted": ("create_app()", MOUNTED),
    "exporter": ("app", EXPORTER),
    "registered-late": ("app", INSTRUMENTED_BEFORE),
}


@dataclass(frozen=True)
class Run:
    """A run whose apps have answered some requests each."""

    folder: Path
    record: dict[str, Any]
    prometheus: Prometheus

    @property
    def log(self) -> str:
        return (self.folder / "up.log").read_text()


@contextmanager
def up(folder: Path, apps: Mapping[str, tuple[str, str]]) -> Iterator[Run]:
    """Bring apps up, scraped each second, and send them requests."""
    defined = ""
    for name, (application, code) in apps.items():
        module = name.replace("-", "_")
        (folder / f"{module}.py").write_text(code)
        defined += f"  - {{name: {name}, module: '{module}:{application}'}}\n"
    (folder / "kubeglass.yaml").write_text(f"apps:\n{defined}scrape: {{interval: 1s}}\n")
    with foreground(folder):
        record = wait_until_up(folder)
        for name in apps:
            for _ in range(SENT):
                with urlopen(f"{process_of(record, name)['address']}/") as answer:
                    assert answer.status == 200
        with Prometheus(record["prometheus"]) as prometheus:
            yield Run(folder, record, prometheus)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run of all apps whose metrics need another prefix than ours."""
    with up(tmp_path_factory.mktemp("prefixed"), PREFIXED) as run:
        yield run


@pytest.mark.parametrize("name", PREFIXED)
def test_every_panel_shows_our_metrics_although_the_app_has_some_of_the_same_names(run: Run, name: str) -> None:
    own = find_own_in_panels_of_ours(run, name, "kubeglass_")

    assert own == SENT if "REQUESTS" in PREFIXED[name][1] else own in (SENT, None)
    assert run.record["phase"] == "up"
    assert f"{name} has metrics named like kubeglass's" in run.log


def test_every_panel_shows_our_metrics_under_the_prefix_that_the_code_gives_them(tmp_path: Path) -> None:
    with up(tmp_path, {"shop": ("app", IN_CODE)}) as run:
        assert find_own_in_panels_of_ours(run, "shop", "shop_") is None
        assert "has metrics named like kubeglass's" not in run.log


def find_own_in_panels_of_ours(run: Run, name: str, prefix: str) -> float | None:
    """Wait until every panel shows our metrics of an app; return what its own metric counted."""
    counted = f'sum({prefix}http_requests_total{{job="{name}",endpoint="/",status="200"}})'
    wait_until(lambda: run.prometheus.value(counted) == SENT, "every request in ours")
    document = json.loads((run.folder / ".kubeglass/dashboards/application-overview.json").read_text())
    queries = [
        replace(query, expr=query.expr.replace('job=~".*"', f'job="{name}"'))
        for query in panel_queries(document, scrape_interval=1.0)
    ]
    wait_until(lambda: not find_empty_panels(run.prometheus, queries), "data in every panel")
    recorded = f'sum(job_endpoint:http_requests:rate5m{{job="{name}",endpoint="/"}})'
    wait_until(lambda: run.prometheus.value(recorded) is not None, "ours, recorded")
    return run.prometheus.value(f'sum(http_requests_total{{job="{name}"}})')


def test_a_metric_of_our_name_that_a_view_makes_breaks_no_request(tmp_path: Path) -> None:
    with up(tmp_path, {"shop": ("app", LATE)}) as run:
        ours = 'sum({__name__=~"(kubeglass_)?http_requests_total",job="shop",status="200"})'
        wait_until(lambda: run.prometheus.value(ours) == SENT, "every request")
