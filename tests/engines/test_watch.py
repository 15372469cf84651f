"""`up --watch`: an edit of the app's code reaches its workers, its counters go on, and a mistake in it ends nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubeglass.http import make_client
from kubeglass.observe.prometheus import Prometheus
from tests.cli.runs import (
    assert_nothing_left,
    call,
    call_here,
    foreground,
    process_of,
    read_record,
    wait_until,
    wait_until_up,
)

pytestmark = pytest.mark.engines

CODE = """
from flask import Flask
app = Flask(__name__)
@app.get("/")
def index(): return {said!r}
"""
COUNTED = 'sum(http_requests_total{job="page",endpoint="/",status="200"})'


@pytest.mark.parametrize(
    ("configuration", "arguments"),
    [
        pytest.param("", ("--app", "page:app"), id="an app in the foreground is watched without being asked"),
        pytest.param("preload_app = True\n", ("--watch",), id="preloaded"),
    ],
)
def test_an_edit_reloads_the_workers_and_a_mistake_does_not(
    tmp_path: Path, configuration: str, arguments: tuple[str, ...]
) -> None:
    source, log = tmp_path / "page.py", tmp_path / "up.log"
    source.write_text(CODE.format(said="before"))
    (tmp_path / "gunicorn.conf.py").write_text(configuration)
    (tmp_path / "kubeglass.yaml").write_text(
        "apps: [{name: page, module: 'page:app', workers: 2}]\nscrape: {interval: 1s}\n"
    )

    with foreground(tmp_path, *arguments):
        record = wait_until_up(tmp_path)
        before = process_of(record, "page")
        url = record["addresses"]["page"]
        asked = [ask(url) for _ in range(20)]
        wait_until(lambda: count(record) == 20.0, "the requests to be counted")

        source.write_text("def broken(:\n")
        wait_until(lambda: "not reloaded" in log.read_text(), "the mistake to be told")
        asked += [ask(url) for _ in range(5)]
        source.write_text(CODE.format(said="after the edit"))
        wait_until(lambda: "page.py changed: reloaded" in log.read_text(), "the reload")
        wait_until(
            lambda: all(ask_and_note(url, asked) == "after the edit" for _ in range(8)), "both workers to be new"
        )
        wait_until(lambda: count(record) == len(asked), "all requests to be counted on")
        after = process_of(read_record(tmp_path), "page")

    assert set(asked) == {"before", "after the edit"}
    assert f"{tmp_path}: watched" in log.read_text()
    assert (after["identity"], after["restarts"]) == (before["identity"], 0)
    lines = [line for line in log.read_text().splitlines() if "not reloaded" in line]
    assert len(lines) == 1
    assert (
        "page.py changed: not reloaded, the old code still runs: page:app: does not import (SyntaxError: " in lines[0]
    )
    assert_nothing_left(tmp_path)


def test_an_app_in_the_foreground_is_not_watched_if_told_so(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text(CODE.format(said="before"))
    (tmp_path / "kubeglass.yaml").write_text("scrape: {interval: 1s}\n")

    with foreground(tmp_path, "--app", "page:app", "--no-watch"):
        wait_until_up(tmp_path)

    assert "watched" not in (tmp_path / "up.log").read_text()


def test_a_run_in_the_background_notes_in_its_log_what_it_reloads(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text(CODE.format(said="before"))
    (tmp_path / "kubeglass.yaml").write_text("scrape: {interval: 1s}\n")

    try:
        started = call(tmp_path, "up", "--app", "page:app", "--watch", "--detach")
        (tmp_path / "page.py").write_text(CODE.format(said="after the edit"))

        def logged() -> str:
            return call_here(tmp_path, "logs", "supervisor").stdout

        wait_until(lambda: "page.py changed: reloaded" in logged(), "the reload to be logged")
    finally:
        call_here(tmp_path, "down")
    assert started.returncode == 0, started.stderr
    assert_nothing_left(tmp_path)


def ask(url: str) -> str:
    # gunicorn stops old workers while new ones still import the app: requests wait meanwhile.
    with make_client(timeout_seconds=30.0) as client:
        response = client.get(url)
    assert response.status_code == 200
    return response.text


def ask_and_note(url: str, asked: list[str]) -> str:
    asked.append(ask(url))
    return asked[-1]


def count(record: dict[str, Any]) -> float | None:
    with Prometheus(record["prometheus"]) as prometheus:
        return prometheus.value(COUNTED)
