"""Backup and restore with real engines: nothing is lost while a backup is made, and all of it comes back."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kubeglass.http import make_client
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

FAST = "apps: [{module: 'good:app', workers: 1}]\nscrape: {interval: 1s}\n"

COUNTED = 'sum(http_requests_total{job="app",endpoint="/hello/<name>"})'
#: The interval, and how far a scrape may be off it on a busy machine; two intervals are a scrape that is missing.
LONGEST_GAP_SECONDS = 1.8
#: Long enough for several scrapes to wait in the collector's queue.
OUTAGE_SECONDS = 4.0

#: Whoever takes Prometheus down and is killed before it comes back.
TAKE_DOWN = """
import time
from pathlib import Path
from kubeglass.supervise.control import pause
with pause(Path(".kubeglass").absolute(), "prometheus"):
    print("down", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a Flask app that is scraped each second."""
    (tmp_path / "good.py").write_text(GOOD_APP)
    (tmp_path / "kubeglass.yaml").write_text(FAST)
    return tmp_path


class Customers:
    """Send one request after the other and count the answers."""

    def __init__(self, url: str) -> None:
        self.answered = 0
        self._url = url
        self._done = threading.Event()

    def send(self) -> None:
        with make_client() as client:
            while not self._done.wait(0.02):
                assert client.get(self._url).status_code == 200
                self.answered += 1

    @contextmanager
    def at_work(self) -> Iterator[None]:
        thread = threading.Thread(target=self.send)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()


def test_a_backup_under_load_loses_nothing_and_restores_everything(folder: Path) -> None:
    with foreground(folder):
        record = wait_until_up(folder)
        customers = Customers(f"{record['addresses']['app']}/hello/you")
        with customers.at_work():
            wait_until(lambda: customers.answered > 100, "the first requests")
            noted_at = time.time()
            noted = samples(record, noted_at)
            made = call_here(folder, "backup", "b.tar.gz")
            backed_up, back_at = customers.answered, time.time()
            wait_until(lambda: customers.answered > backed_up + 100, "requests after the backup")
        with Prometheus(record["prometheus"]) as prometheus:
            wait_until(lambda: prometheus.value(COUNTED) == customers.answered, "every request to be counted")
        wait_until(lambda: is_gapless(record, noted_at, back_at), "every scrape of the pause to arrive")
        restarts = process_of(read_record(folder), "prometheus")["restarts"]
        purged = call_here(folder, "down", "--purge")

    assert made.returncode == 0, made.stderr
    assert restarts == 1, "Prometheus was taken down for it"
    assert purged.stdout.splitlines()[1].startswith(f"removed {folder}/.kubeglass: ")
    assert not (folder / ".kubeglass").exists()

    restored = call_here(folder, "restore", "b.tar.gz")
    with foreground(folder):
        again = samples(wait_until_up(folder), noted_at)

    assert restored.returncode == 0, restored.stderr
    assert len(noted["up"]) > 1
    assert noted["requests"][-1][1] != "0"
    # A scrape from before may have arrived between the note and the backup.
    assert {name: found[: len(noted[name])] for name, found in again.items()} == noted
    assert_nothing_left(folder)


def test_a_backup_killed_while_prometheus_is_down_costs_no_scrape(folder: Path) -> None:
    with foreground(folder):
        record = wait_until_up(folder)
        with subprocess.Popen(
            [sys.executable, "-c", TAKE_DOWN], cwd=folder, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "down\n"
            assert state(folder) == "held"
            down_at = time.time()
            wait_until(lambda: time.time() - down_at > OUTAGE_SECONDS, "scrapes that nobody takes")
            process.kill()
        wait_until(lambda: state(folder) == "running", "Prometheus to run again", seconds=20)
        back_at = time.time()
        (folder / "b.tar.gz").touch()
        refused = call_here(folder, "restore", "b.tar.gz")
        wait_until(lambda: is_gapless(record, down_at, back_at), "every scrape of the outage to arrive, though late")

    assert refused.returncode == 7
    assert "is already in use by a run ('up', pid " in refused.stderr
    assert_nothing_left(folder)


def is_gapless(record: dict[str, Any], begin: float, end: float) -> bool:
    """Whether no scrape is missing from before ``begin`` until after ``end``."""
    times = [at for at, _ in samples(record, time.time())["up"]]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return bool(gaps) and max(gaps) < LONGEST_GAP_SECONDS and times[0] < begin and end < times[-1]


def samples(record: dict[str, Any], until: float) -> dict[str, list[tuple[float, str]]]:
    """Read the samples of the last minutes up to a moment, as they are stored."""
    requests = 'http_requests_total{job="app",endpoint="/hello/<name>"}[5m]'
    ranges = {"up": 'up{job="app"}[5m]', "requests": requests}
    return {name: read_range(record["prometheus"], query, until) for name, query in ranges.items()}


def read_range(prometheus: str, query: str, until: float) -> list[tuple[float, str]]:
    parameters = urllib.parse.urlencode({"query": query, "time": until})
    with urllib.request.urlopen(f"{prometheus}/api/v1/query?{parameters}", timeout=10) as answer:
        found = json.load(answer)["data"]["result"]
    return [(at, value) for series in found for at, value in series["values"]]


def state(folder: Path) -> str:
    record = read_record(folder)
    return str(process_of(record, "prometheus")["state"]) if record else ""
