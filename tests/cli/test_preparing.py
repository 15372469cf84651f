"""While apps are checked and engines are built, which takes minutes, a run can be looked at and stopped already."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.cli.machines import bare_environment, errors_in, read_text, with_system_programs, write_endless_go
from tests.cli.runs import GOOD_APP, KUBEGLASS, assert_nothing_left, call, call_here, read_record, wait_until


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A machine without engines; the folder has an app."""
    (tmp_path / "good.py").write_text(GOOD_APP)
    return with_system_programs(bare_environment(tmp_path))


@contextmanager
def building(folder: Path, environment: dict[str, str], *options: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run ``up`` until it builds; gives the process and the pid of the build."""
    started = write_endless_go(folder)
    argv = [*KUBEGLASS, "up", "--app", "good:app", "--source", "build", *options]
    with subprocess.Popen(argv, cwd=folder, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield process, int(wait_until(lambda: read_text(started), "the build to begin"))
        finally:
            process.kill()


@pytest.mark.parametrize("options", [(), ("--detach",)])
def test_down_ends_a_run_that_is_still_being_prepared(
    tmp_path: Path, environment: dict[str, str], options: tuple[str, ...]
) -> None:
    with building(tmp_path, environment, *options) as (process, build):
        stopped = call_here(tmp_path, "down")

        assert (stopped.returncode, stopped.stderr) == (0, "")
        assert process.wait(timeout=30) == 130
        assert not psutil.pid_exists(build)
        assert_nothing_left(tmp_path)


def test_it_can_be_looked_at(tmp_path: Path, environment: dict[str, str]) -> None:
    with building(tmp_path, environment) as (process, _):
        status = call_here(tmp_path, "status")
        document = json.loads(call_here(tmp_path, "status", "--json").stdout)
        page = call_here(tmp_path, "open")
        again = call_here(tmp_path, "up", "--app", "good:app", env=environment)
        process.terminate()
        process.wait()

    assert status.stdout == "preparing: checking apps and getting engines, nothing runs yet\n"
    assert (document["phase"], document["engines"], document["supervisor_pid"]) == ("preparing", [], process.pid)
    assert errors_in(page.stderr) == [
        f"error: {tmp_path}/.kubeglass: has no page yet (the run is preparing); wait; see: kubeglass status"
    ]
    assert again.returncode == 7
    assert f"is already in use by a run ('up --app good:app', pid {process.pid})" in again.stderr


@pytest.mark.parametrize("options", [(), ("--detach",)])
def test_a_mistake_is_told_before_anything_is_built(
    tmp_path: Path, environment: dict[str, str], options: tuple[str, ...]
) -> None:
    started = write_endless_go(tmp_path)

    result = call(tmp_path, "up", "--app", "absent:app", "--source", "build", *options, env=environment, seconds=30)

    assert result.returncode == 5
    assert "error: absent:app: there is no module 'absent'" in result.stderr
    assert read_text(started) == ""
    assert_nothing_left(tmp_path)


def test_an_interruption_does_not_wait_for_an_app_that_is_being_imported(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "slow.py").write_text("import os, time; print(os.getpid(), file=open('pid', 'w')); time.sleep(600)")
    write_endless_go(tmp_path)
    argv = [*KUBEGLASS, "up", "--app", "slow:app", "--source", "build", "--timeout", "10m"]
    with subprocess.Popen(argv, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: read_text(tmp_path / "pid") and read_record(tmp_path), "the import to begin")

        process.terminate()

        assert process.wait(timeout=30) == 130
    assert_nothing_left(tmp_path)


def test_the_deadline_holds_for_the_import_too(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "slow.py").write_text("import time; time.sleep(600)")
    write_endless_go(tmp_path)

    result = call(tmp_path, "up", "--app", "slow:app", "--source", "build", "--timeout", "2s", env=environment)

    assert result.returncode == 5
    assert "slow:app: does not finish importing within 2 s" in result.stderr
    assert_nothing_left(tmp_path)
