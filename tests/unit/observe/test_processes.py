"""A process is known by its pid and its start, whatever happens to the wall clock meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from kubeglass.observe.processes import ProcessId, identify, is_running, measure_age


def this_process() -> ProcessId:
    found = identify(os.getpid())
    assert found is not None
    return found


def test_a_process_is_still_known_after_the_wall_clock_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux":
        return  # elsewhere the system writes the start down once, and psutil reads that
    before = this_process()
    stepped = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: stepped(process) + 3600.0)

    assert is_running(before)
    assert this_process() == before


def test_another_process_with_the_same_pid_is_not_taken_for_it() -> None:
    assert not is_running(replace(this_process(), created=this_process().created - 1.0))


def test_a_process_that_ended_is_not_there() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    known = identify(process.pid)
    assert known is not None
    assert is_running(known)

    process.communicate()

    assert not is_running(known)
    assert identify(process.pid) is None


def test_the_age_of_a_process_is_right_to_a_tenth_of_a_second() -> None:
    began = time.monotonic()
    with subprocess.Popen(["sleep", "600"]) as process:
        known = identify(process.pid)
        process.kill()
    assert known is not None

    assert measure_age(known) == pytest.approx(time.monotonic() - began, abs=0.1)
