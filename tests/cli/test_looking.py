"""``kubeglass status`` and ``kubeglass open`` on a run that another process keeps."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kubeglass.observe.processes import identify
from kubeglass.supervise.process.manager import ProcessStatus
from kubeglass.supervise.process.state_machine import State
from kubeglass.supervise.state.run_file import Phase, RunRecord, write_run_file
from tests.cli.runs import call, call_here, wait_until

PAGE = "http://127.0.0.1:3000"
SHOP = "http://127.0.0.1:8000"


@pytest.fixture
def folder(tmp_path: Path, free_port: int) -> Path:
    """A folder where this very process keeps a run, whose Prometheus does not answer."""
    this = identify(os.getpid())
    assert this is not None
    processes = (
        ProcessStatus("shop", State.RUNNING, this, restarts=1, last_error="was killed by signal 9"),
        ProcessStatus("viewer", State.RUNNING, this, restarts=0, address=PAGE),
    )
    record = RunRecord(
        this, "up", Phase.UP, detached=True, started_at=1.0, addresses={"page": PAGE, "shop": SHOP},
        prometheus=f"http://127.0.0.1:{free_port}", processes=processes, first_data_seconds=3.5,
    )  # fmt: skip
    (tmp_path / ".kubeglass").mkdir()
    write_run_file(tmp_path / ".kubeglass" / "run.json", record)
    return tmp_path


def test_status_tells_what_was_wrong_last(folder: Path) -> None:
    lines = call_here(folder, "status").stdout.splitlines()

    assert lines[0].split() == ["NAME", "STATE", "PID", "UPTIME", "RESTARTS", "MEMORY", "ADDRESS"]
    assert lines[3:] == [
        "last error of shop: was killed by signal 9",
        "targets: unknown, Prometheus does not respond",
        "up: data seen 3.5 s after the start",
    ]


def test_open_prints_the_pages_address_and_opens_it_in_the_browser(folder: Path) -> None:
    opened = folder / "opened"
    browser = folder / "browser"
    browser.write_text(f"#!/bin/sh\necho $1 > {opened}\n")
    browser.chmod(0o755)

    result = call(folder, "open", env={**os.environ, "BROWSER": f"{browser} %s"})

    assert (result.returncode, result.stdout) == (0, f"{PAGE}\n")
    assert wait_until(lambda: opened.exists() and opened.read_text(), "the browser") == f"{PAGE}\n"


def test_open_prints_the_address_of_another_part(folder: Path) -> None:
    opened, missing = call_here(folder, "open", "shop"), call_here(folder, "open", "grafana")

    assert opened.stdout == f"{SHOP}\n"
    assert missing.returncode == 2
    assert missing.stderr.startswith("error: grafana: is not part of this run (its parts: ")


def test_restore_names_a_missing_archive_before_the_run(folder: Path) -> None:
    refused = call_here(folder, "restore", "absent.tar.gz")

    assert (refused.returncode, refused.stderr) == (2, "error: absent.tar.gz: there is no such file\n")


def test_down_cleans_up_after_a_run_that_was_killed(folder: Path) -> None:
    run_file = folder / ".kubeglass" / "run.json"
    document = json.loads(run_file.read_text())
    document["supervisor"]["pid"] = 2**22 - 1
    document["processes"] = []
    run_file.write_text(json.dumps(document))

    first, second = call_here(folder, "down"), call_here(folder, "down")

    assert (first.returncode, first.stdout) == (0, f"{run_file}: left over from a killed run; removed\n")
    assert not run_file.exists()
    assert second.returncode == 7
    assert "nothing runs here" in second.stderr
