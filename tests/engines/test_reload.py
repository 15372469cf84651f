"""A changed kubeglass.yaml reaches a run without losing a request, and a wrong one changes nothing."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from kubeglass.dashboards.overview.build import build
from kubeglass.dashboards.queries import panel_queries
from kubeglass.http import make_client
from kubeglass.model.pipeline import Pipeline, Scrape
from kubeglass.observe.errors import ObserveError, UnreachableError, translate_http_errors
from kubeglass.observe.prometheus import Prometheus
from tests.cli.runs import (
    GOOD_APP,
    assert_nothing_left,
    call_here,
    foreground,
    process_of,
    read_record,
    wait_until,
    wait_until_up,
)

pytestmark = pytest.mark.engines

ONE_APP = "apps:\n  - {name: good, module: 'good:app', workers: 1, env: {COLOUR: blue}}\nscrape: {interval: 1s}\n"


@dataclass(frozen=True)
class Run:
    """A run of one app, and its folder."""

    folder: Path

    def define(self, text: str) -> None:
        (self.folder / "kubeglass.yaml").write_text(text)

    @property
    def pids(self) -> dict[str, int]:
        return {process["name"]: process["identity"]["pid"] for process in read_record(self.folder)["processes"]}

    @property
    def url(self) -> str:
        return str(read_record(self.folder)["addresses"]["good"])

    def query(self, expr: str) -> float | None:
        try:
            with Prometheus(read_record(self.folder)["prometheus"]) as prometheus:
                return prometheus.value(expr)
        except ObserveError:
            return None

    def status(self, expr: str = "") -> dict[str, float]:
        """Return the state of each app, as the panel shows it."""
        with Prometheus(read_record(self.folder)["prometheus"]) as prometheus:
            return {sample.labels["job"]: sample.value for sample in prometheus.query(expr or status_expr())}


def status_expr() -> str:
    """Return the query of "App status" about apps."""
    document = json.loads(JSONEncoder().encode(build(Pipeline(scrape=Scrape(interval=1.0)))))
    queries = panel_queries(document, scrape_interval=1.0)
    return next(query.expr for query in queries if query.panel_title == "App status")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run that serves every test here."""
    folder = tmp_path_factory.mktemp("reload")
    run = Run(folder)
    (folder / "good.py").write_text(GOOD_APP)
    run.define(ONE_APP)
    with foreground(folder):
        wait_until_up(folder)
        yield run
    assert_nothing_left(folder)


@pytest.fixture
def run(up: Run) -> Run:
    """The run as it was defined first."""
    up.define(ONE_APP)
    result = call_here(up.folder, "reload")
    assert result.returncode == 0, result.stderr
    return up


def test_nothing_changed_is_said_and_touches_nothing(run: Run) -> None:
    before = run.pids

    result = call_here(run.folder, "reload")

    assert (result.returncode, result.stdout.strip()) == (0, "nothing changed")
    assert run.pids == before


def test_a_wrong_file_changes_nothing_and_says_why(run: Run) -> None:
    before = run.pids
    run.define(ONE_APP.replace("interval", "intervall"))

    result = call_here(run.folder, "reload")

    assert result.returncode == 3
    assert "kubeglass.yaml:3:10: " in result.stderr
    assert "did you mean 'interval'" in result.stderr
    assert run.pids == before
    assert "intervall" not in (run.folder / ".kubeglass" / "otelcol" / "config.yaml").read_text()


def test_an_app_that_will_not_import_changes_nothing(run: Run) -> None:
    before = run.pids
    run.define(ONE_APP.replace("scrape:", "  - {name: bad, module: 'absent:app'}\nscrape:"))

    result = call_here(run.folder, "reload")

    assert result.returncode == 5
    assert "absent" in result.stderr
    assert run.pids == before


def test_an_objective_reaches_prometheus_alone(run: Run) -> None:
    before = run.pids
    run.define(ONE_APP + "objectives: [{app: good, availability: 99.9}]\n")

    result = call_here(run.folder, "reload")

    assert result.stdout.strip() == "reloaded: prometheus"
    assert run.pids == before
    wait_until(lambda: groups_with(run, "AvailabilityBudgetBurn"), "Prometheus to know the alert")


def test_a_new_app_is_watched_and_a_lost_one_ends_while_the_rest_goes_on(run: Run) -> None:
    before = run.pids
    (run.folder / "second.py").write_text(GOOD_APP)
    two = ONE_APP.replace("scrape:", "  - {name: second, module: 'second:app', workers: 1}\nscrape:")
    run.define(two)

    added = call_here(run.folder, "reload")
    assert added.stdout.strip() == "started: second; reloaded: prometheus, otelcol", added.stderr
    assert run.query('up{job="second"}') == 1
    assert {name: run.pids[name] for name in before} == before
    run.define(ONE_APP)
    lost = call_here(run.folder, "reload")

    assert lost.stdout.strip() == "stopped: second; reloaded: prometheus, otelcol", lost.stderr
    wait_until(lambda: run.pids == before, "the lost app to end")
    wait_until(lambda: run.status() == {"good": 1.0}, "the lost app to leave the panel")
    # What was shown in every second since: the lost app as Up for a while, and never as Down.
    down = run.status(f"max_over_time((({status_expr()}) == 0)[1m:1s])")
    assert "second" not in down


def test_a_hangup_signal_reloads_under_load_and_every_answered_request_is_counted(run: Run) -> None:
    before = run.pids
    last = read_record(run.folder)["reload"]["number"]
    answered = 0
    url = run.url
    run.define(ONE_APP.replace("blue", "green").replace("1s", "2s"))
    with ThreadPoolExecutor(1) as pool:
        supervisor = read_record(run.folder)["supervisor"]["pid"]
        os.kill(supervisor, signal.SIGHUP)
        done = pool.submit(wait_until, lambda: read_record(run.folder)["reload"]["number"] > last, "the reload")
        while not done.done():
            answered += ask(f"{url}/hello/you")
    answered += ask(f"{url}/hello/you")

    reload: dict[str, Any] = read_record(run.folder)["reload"]
    assert reload["error"] is None
    assert reload["summary"] == "restarted: viewer, good; reloaded: otelcol"
    assert {name for name, pid in run.pids.items() if before[name] != pid} == {"viewer", "good"}
    assert process_of(read_record(run.folder), "good")["last_error"] == ""
    counted = 'sum(http_requests_total{job="good",endpoint="/hello/<name>",status="200"})'
    wait_until(lambda: run.query(counted) == answered, f"all of {answered} requests to be counted")


def groups_with(run: Run, alert: str) -> bool:
    with make_client() as client:
        return alert in client.get(f"{read_record(run.folder)['prometheus']}/api/v1/rules").text


def ask(url: str) -> int:
    """Return 1 if the app answers, 0 while it is restarted."""
    try:
        with translate_http_errors(url), make_client() as client:
            return int(client.get(url).status_code == 200)
    except UnreachableError:
        return 0
