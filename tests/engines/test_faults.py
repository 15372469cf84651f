"""Faults survived: killed engines come back, and not one request is lost from the count."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from kubeglass.observe.prometheus import Prometheus
from tests.cli.runs import assert_nothing_left, foreground, process_of, read_record, wait_until, wait_until_up

pytestmark = pytest.mark.engines

#: How long Prometheus is held down: long enough for the collector's retries and its queue on disk to matter.
OUTAGE_SECONDS = 20.0
#: The issue's bound from noticing a death to the new process; noticing is immediate here.
RESTART_SECONDS = 2.0

#: Scrapes of the collector's own restart, and of the edges of the window.
LOST_SCRAPES = 5

COUNTED = 'sum(http_requests_total{job="shop"})'


def test_prometheus_down_for_20_s_and_the_collector_killed_lose_no_request(tmp_path: Path) -> None:
    hold = tmp_path / ".kubeglass" / "hold" / "prometheus"
    totals = tmp_path / ".kubeglass" / "data" / "traffic.json"
    with foreground(tmp_path, "--demo"):
        record = wait_until_up(tmp_path)
        hold.parent.mkdir()
        hold.touch()
        kill(record, "prometheus")
        outage_began = time.monotonic()
        wait_until(lambda: state(tmp_path, "prometheus") == "held", "Prometheus to be held down")
        kill(record, "otelcol")
        wait_until(lambda: restarts(tmp_path, "otelcol") == 1, "the collector to restart", seconds=RESTART_SECONDS)
        wait_until(lambda: time.monotonic() - outage_began > OUTAGE_SECONDS, "the outage to last")
        hold.unlink()
        wait_until(lambda: restarts(tmp_path, "prometheus") == 1, "Prometheus to restart", seconds=RESTART_SECONDS)
        wait_until(lambda: state(tmp_path, "prometheus") == "running", "Prometheus to be ready")
        end_traffic(read_record(tmp_path), tmp_path)
        sent = json.loads(totals.read_text())
        with Prometheus(record["prometheus"]) as prometheus:
            wait_until(lambda: prometheus.value(COUNTED) == sent["answered"], "the last request to be counted")
            by_route = {
                sample.labels["endpoint"]: sample.value for sample in prometheus.query(f"{COUNTED} by (endpoint)")
            }
            since_outage = time.monotonic() - outage_began
            scrapes = prometheus.value(f'count_over_time(up{{job="shop"}}[{since_outage:.0f}s])')

    assert sent["failed"] == 0
    assert sent["answered"] > 300
    assert by_route == sent["by_route"]
    assert scrapes is not None
    assert scrapes >= since_outage - LOST_SCRAPES, "scrapes of the outage arrived late, yet arrived"
    assert_nothing_left(tmp_path)


def kill(record: dict[str, Any], name: str) -> None:
    os.kill(process_of(record, name)["identity"]["pid"], signal.SIGKILL)


def end_traffic(record: dict[str, Any], folder: Path) -> None:
    """Let the customers leave, and keep new ones out, so that both counts stand still."""
    (folder / ".kubeglass" / "hold" / "traffic").touch()
    os.kill(process_of(record, "traffic")["identity"]["pid"], signal.SIGTERM)
    wait_until(lambda: state(folder, "traffic") == "held", "the customers to leave")


def state(folder: Path, name: str) -> str:
    record = read_record(folder)
    return str(process_of(record, name)["state"]) if record else ""


def restarts(folder: Path, name: str) -> int:
    record = read_record(folder)
    return int(process_of(record, name)["restarts"]) if record else 0
