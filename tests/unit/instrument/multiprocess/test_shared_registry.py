"""Gauges that ask a function, with workers that share a folder: prometheus_client's own workers show 0."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, sys
from flask import Flask
from prometheus_client import Gauge
from prometheus_client.parser import text_string_to_metric_families
from kubeglass.flask import instrument
from tests.unit.instrument.counting import in_fork

mode, said = sys.argv[1], [5.0]
gauge = Gauge("asked", "Help.", ["queue"], multiprocess_mode=mode)
gauge.labels("mail").set_function(lambda: said[0])
gauge.labels("set").set(3)
app = Flask("shop")
app.add_url_rule("/", "index", lambda: "index")
instrument(app)

def get(path):
    return app.test_client().get(path).text

def shown(queue):
    families = text_string_to_metric_families(get("/metrics"))
    found = [sample for family in families for sample in family.samples if sample.name == "asked"]
    return sorted(sample.value for sample in found if sample.labels["queue"] == queue)
"""


def run(folder: Path, program: str, mode: str = "max") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + program, mode],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize(("mode", "expected"), [("max", [9.0]), ("min", [5.0]), ("sum", [14.0]), ("all", [9.0])])
def test_workers_values_are_combined_as_the_gauges_mode_says(tmp_path: Path, mode: str, expected: list[float]) -> None:
    program = """
in_fork(lambda: get("/"))
said[0] = 9.0
get("/")
print(shown("mail"))
"""

    assert run(tmp_path, program, mode).stdout == f"{expected}\n"


def test_a_scrape_shows_what_the_function_says_by_then(tmp_path: Path) -> None:
    program = """
for said[0] in (4.0, 2.0):
    print(shown("mail"), shown("set"))
"""

    assert run(tmp_path, program).stdout == "[4.0] [3.0]\n[2.0] [3.0]\n"


def test_the_latest_value_is_the_scraped_workers(tmp_path: Path) -> None:
    program = """
get("/")
said[0] = 1.0
in_fork(lambda: print(shown("mail")[-1]))
"""

    assert run(tmp_path, program, "mostrecent").stdout == "1.0\n"


def test_a_function_that_fails_leaves_the_last_value_and_one_line_in_the_log(tmp_path: Path) -> None:
    program = """
get("/")
said.clear()
print(shown("mail"), shown("mail"), shown("set"))
"""
    done = run(tmp_path, program)

    assert done.stdout == "[5.0] [5.0] [3.0]\n"
    assert done.stderr.count("asked: its function failed") == 1
