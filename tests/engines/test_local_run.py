"""The local run with real engines: up, looked at, disturbed, down; nothing is ever left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from kubeglass.observe.prometheus import Prometheus
from tests.cli.runs import (
    GOOD_APP,
    assert_nothing_left,
    call,
    call_here,
    foreground,
    process_of,
    processes_in,
    read_record,
    wait_until,
    wait_until_up,
)

pytestmark = pytest.mark.engines

FAST = "apps: [{module: 'good:app', workers: 1}]\nscrape: {interval: 1s}\n"

CAPACITY = 'otelcol_exporter_queue_capacity{exporter="otlp_http/prometheus"}'


@pytest.fixture
def app_folder(tmp_path: Path) -> Path:
    """A folder with a Flask app that knows nothing of metrics, scraped each second."""
    return write_app(tmp_path, FAST)


def write_app(folder: Path, definition: str) -> Path:
    (folder / "good.py").write_text(GOOD_APP)
    (folder / "kubeglass.yaml").write_text(definition)
    return folder


@dataclass(frozen=True)
class Run:
    """A run, and the port that its app should have had."""

    folder: Path
    supervisor: int
    port: int

    @property
    def record(self) -> dict[str, Any]:
        return read_record(self.folder)

    @property
    def log(self) -> str:
        return (self.folder / "up.log").read_text()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run that several tests look at: its app's port is taken, and what its engines keep is limited."""
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        limits = "storage: {retention: {time: 3d, size: 700MB}}\ncollector: {queue: {size: 123MB}}\n"
        definition = FAST.replace("workers: 1", f"workers: 1, port: {port}") + limits
        folder = write_app(tmp_path_factory.mktemp("run"), definition)
        with foreground(folder) as process:
            wait_until_up(folder)
            yield Run(folder, process.pid, port)
    assert process.returncode == 0
    assert_nothing_left(folder)


def test_the_demo_in_the_background_is_looked_at_and_stopped(tmp_path: Path) -> None:
    started = call(tmp_path, "up", "--demo", "--detach")
    try:
        assert started.returncode == 0, started.stderr
        assert "kubeglass is up: data seen end to end after" in started.stdout
        status = json.loads(call_here(tmp_path, "status", "--json").stdout)
        table = call_here(tmp_path, "status").stdout
        again = call_here(tmp_path, "up", "--demo")
        logs = call_here(tmp_path, "logs", "-n", "1000").stdout
    finally:
        stopped = call_here(tmp_path, "down")

    names = ["viewer", "prometheus", "shop", "otelcol", "traffic"]
    assert [engine["name"] for engine in status["engines"]] == names
    assert {engine["state"] for engine in status["engines"]} == {"running"}
    assert all(engine["pid"] and engine["memory_bytes"] > 2**20 for engine in status["engines"])
    assert {target["job"] for target in status["targets"] if target["up"]} >= {"shop"}
    assert status["first_data_seconds"] > 0
    assert all(name in table for name in names)
    assert again.returncode == 7
    assert f"'up --demo', pid {status['supervisor_pid']}" in again.stderr
    assert all(f"{name:<10} | " in logs for name in ("shop", "otelcol", "prometheus"))
    assert stopped.returncode == 0, stopped.stderr
    assert_nothing_left(tmp_path)


def test_an_app_that_knows_nothing_of_metrics_is_watched_unchanged(run: Run) -> None:
    _get(f"{run.record['addresses']['app']}/hello/you")

    with Prometheus(run.record["prometheus"]) as prometheus:
        query = 'sum(http_requests_total{job="app",endpoint="/hello/<name>",method="GET",status="200"})'
        wait_until(lambda: prometheus.value(query) == 1.0, "the request to be counted")


def test_everything_listens_on_the_loopback_alone(run: Run) -> None:
    family = [run.supervisor, *(child.pid for child in psutil.Process(run.supervisor).children(recursive=True))]
    sockets = [
        socket_
        for pid in family
        for socket_ in psutil.Process(pid).net_connections("inet")
        if socket_.status == psutil.CONN_LISTEN or socket_.type == socket.SOCK_DGRAM
    ]

    assert {each.laddr.ip for each in sockets} == {"127.0.0.1"}
    assert {int(address.rsplit(":", 1)[1]) for address in run.record["addresses"].values()} <= {
        each.laddr.port for each in sockets
    }


def test_a_port_that_is_taken_moves_and_the_start_says_so(run: Run) -> None:
    address = run.record["addresses"]["app"]
    wait_until(lambda: "Ctrl-C to stop everything" in run.log, "the addresses")

    said = run.log
    assert f"app: port {run.port} is in use, using {address.rsplit(':', 1)[1]}\n" in said
    assert [line.split() for line in said.splitlines() if line.startswith("app ")] == [["app", address]]
    assert int(address.rsplit(":", 1)[1]) > run.port


def test_what_the_engines_keep_on_disk_is_limited_as_defined(run: Run) -> None:
    retention = json.loads(_get(f"{run.record['prometheus']}/api/v1/status/runtimeinfo"))["data"]["storageRetention"]
    with Prometheus(run.record["prometheus"]) as prometheus:
        capacity = wait_until(lambda: prometheus.value(CAPACITY), "the collector to tell of its queue")

    # Prometheus counts by 1024 and says so.
    assert retention == "3d or 700MiB"
    assert capacity == 123.0 * 1024**2


@pytest.mark.parametrize("name", ["app", "viewer"])
def test_a_killed_process_is_started_again(run: Run, name: str) -> None:
    before = process_of(run.record, name)
    os.kill(before["identity"]["pid"], signal.SIGKILL)

    def restarted() -> dict[str, Any]:
        now = process_of(run.record, name) if run.record else {}
        return now if now.get("restarts") == 1 and now.get("state") == "running" else {}

    after = wait_until(restarted, f"{name} to run again")

    assert after["identity"] != before["identity"]
    assert after["last_error"] == "was killed by signal 9"


def test_an_app_whose_configuration_says_daemon_is_looked_after_all_the_same(
    app_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (app_folder / "gunicorn.conf.py").write_text("daemon = True\n")
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--daemon")

    with foreground(app_folder):
        app = process_of(wait_until_up(app_folder), "app")
        assert app["restarts"] == 0
    assert_nothing_left(app_folder)


def test_modules_of_the_folder_do_not_take_the_place_of_ours(app_folder: Path) -> None:
    (app_folder / "httpx2.py").write_text("raise RuntimeError('not the library')\n")
    kubeglass = Path(sys.executable).with_name("kubeglass")

    started = subprocess.run([kubeglass, "up", "--detach"], cwd=app_folder, capture_output=True, text=True, check=False)
    subprocess.run([kubeglass, "down"], cwd=app_folder, check=False)

    assert started.returncode == 0, started.stderr
    assert_nothing_left(app_folder)


def test_ending_the_supervisor_politely_is_as_good_as_ctrl_c(app_folder: Path) -> None:
    with foreground(app_folder) as process:
        wait_until_up(app_folder)
        process.terminate()

        assert process.wait(timeout=60) == 0
    assert_nothing_left(app_folder)


def test_interrupting_the_start_stops_what_runs_already(app_folder: Path) -> None:
    with foreground(app_folder) as process:
        wait_until(lambda: read_record(app_folder).get("processes"), "the first processes")
        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=60) == 130
    assert_nothing_left(app_folder)


def test_a_killed_supervisor_leaves_no_process_and_the_next_run_cleans_up(app_folder: Path) -> None:
    with foreground(app_folder) as process:
        wait_until_up(app_folder)
        process.kill()
        process.wait()
        wait_until(lambda: not processes_in(app_folder), "all children to end", seconds=10)
    assert read_record(app_folder), "the run file is stale now"
    assert call_here(app_folder, "status").returncode == 7

    with foreground(app_folder):
        note, log = "run.json: left over from a killed run; removed", app_folder / "up.log"
        wait_until(lambda: note in log.read_text(), "the stale run file to be removed")
        wait_until_up(app_folder)
    assert_nothing_left(app_folder)


def test_an_error_of_the_background_is_shown_in_the_foreground(app_folder: Path) -> None:
    (app_folder / "good.py").write_text("x = 1 / 0")

    result = call(app_folder, "up", "--detach")
    logs = call_here(app_folder, "logs", "supervisor").stdout

    assert result.returncode == 5
    assert "error: good:app: does not import (ZeroDivisionError: division by zero)" in result.stderr
    assert "error: good:app: does not import (ZeroDivisionError: division by zero)" in logs
    assert_nothing_left(app_folder)


def test_a_factory_is_called_with_its_literal_arguments(tmp_path: Path) -> None:
    code = f"{GOOD_APP}def make(name, *, to): app.add_url_rule('/', view_func=lambda: to + name); return app"
    (tmp_path / "good.py").write_text(code)
    (tmp_path / "kubeglass.yaml").write_text("scrape: {interval: 1s}\n")

    started = call(tmp_path, "up", "--detach", "--app", "good:make('you', to='good morning, ')")
    said = _get(f"{read_record(tmp_path)['addresses']['good']}/") if started.returncode == 0 else ""
    call_here(tmp_path, "down")

    assert started.returncode == 0, started.stderr
    assert said == "good morning, you"
    assert_nothing_left(tmp_path)


def test_a_target_that_already_runs_is_only_scraped(tmp_path: Path, free_port: int) -> None:
    code = (
        "from prometheus_client import Counter, start_http_server; import time\n"
        f"Counter('jobs', 'Jobs.').inc(7); start_http_server({free_port}, '127.0.0.1'); time.sleep(600)"
    )
    (tmp_path / "kubeglass.yaml").write_text("scrape: {interval: 1s}\n")
    target = subprocess.Popen([sys.executable, "-c", code])
    try:
        wait_until(lambda: _listens(free_port), "the target to listen")
        with foreground(tmp_path, "--target", f"127.0.0.1:{free_port}"):
            record = wait_until_up(tmp_path)
            with Prometheus(record["prometheus"]) as prometheus:
                count = prometheus.value("jobs_total")
    finally:
        target.kill()
        target.wait()

    assert "dashboard: these panels have no data: " in (tmp_path / "up.log").read_text()
    assert count == 7.0
    assert_nothing_left(tmp_path)


def _get(url: str) -> str:
    from kubeglass.http import make_client

    with make_client() as client:
        response = client.get(url)
    assert response.status_code == 200
    return response.text


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
