"""The server as the process it is in production."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A page server whose Prometheus is not there, on a port of the system's choice."""
    command = [sys.executable, "-m", "kubeglass.viewer", "--port=0", "--prometheus=http://127.0.0.1:1"]
    with subprocess.Popen(
        [*command, f"--dashboards={tmp_path}"], stderr=subprocess.PIPE, text=True, env=os.environ | {"TZ": "UTC"}
    ) as started:
        yield started
        started.kill()


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    said = process.stderr.readline()
    found = re.search(r"page at (http://127\.0\.0\.1:\d+)", said)
    assert found, said
    return found[1]


def test_starts_without_prometheus_and_stops_cleanly(process: subprocess.Popen[str]) -> None:
    address = address_of(process)

    assert httpx2.get(f"{address}/healthz").status_code == 200
    assert httpx2.get(f"{address}/api/prometheus/api/v1/query?query=up").status_code == 502

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=10) == 0


def test_interrupt_ends_with_the_code_of_an_interrupt(process: subprocess.Popen[str]) -> None:
    address_of(process)

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=10) == 130


def test_what_only_reads_definitions_is_not_imported() -> None:
    code = "import sys, kubeglass.viewer.__main__; print({'pydantic', 'ruamel.yaml'} & set(sys.modules))"

    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert imported.stdout == "set()\n"
