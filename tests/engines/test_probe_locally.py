"""What `up` sends to an app to see data end to end reaches no view and is not in the app's own numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.observe.prometheus import Prometheus
from tests.cli.runs import assert_nothing_left, foreground, wait_until_up

pytestmark = pytest.mark.engines

CATCH_ALL = """
from pathlib import Path
from flask import Flask
app = Flask(__name__)
@app.route("/", defaults={"path": ""})
@app.route("/<path:path>")
def index(path):
    with Path(__file__).with_name("views").open("a") as log: log.write(path + "\\n")
    return "the single page"
"""

OTHER_METRICS = """
from flask import Flask
app = Flask(__name__)
@app.get("/stats")
def stats(): return "# TYPE jobs_total counter\\njobs_total 7\\n", {"Content-Type": "text/plain"}
"""


def write_app(folder: Path, code: str, keys: str = "") -> None:
    (folder / "page.py").write_text(code)
    (folder / "kubeglass.yaml").write_text(f"apps: [{{module: 'page:app'{keys}}}]\nscrape: {{interval: 1s}}\n")


def test_an_unused_app_comes_up_without_traffic_although_a_route_takes_every_path(tmp_path: Path) -> None:
    write_app(tmp_path, CATCH_ALL)

    with foreground(tmp_path):
        record = wait_until_up(tmp_path)
        with Prometheus(record["prometheus"]) as prometheus:
            requests = prometheus.query("http_requests_total")
            probes = prometheus.value('sum(kubeglass_probe_requests_total{job="app"})')

    assert not (tmp_path / "views").exists()
    assert requests == []
    assert probes == 1.0
    assert "no data" not in (tmp_path / "up.log").read_text()
    assert_nothing_left(tmp_path)


def test_an_app_with_metrics_of_another_kind_is_sent_nothing_and_comes_up(tmp_path: Path) -> None:
    write_app(tmp_path, OTHER_METRICS, ", metrics_path: /stats")

    with foreground(tmp_path):
        record = wait_until_up(tmp_path)
        with Prometheus(record["prometheus"]) as prometheus:
            jobs = prometheus.value("jobs_total")

    assert jobs == 7.0
    assert "these panels have no data" in (tmp_path / "up.log").read_text()
