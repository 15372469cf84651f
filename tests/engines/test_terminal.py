"""A run on a terminal: one live line, and what Ctrl-C means to it, once and twice."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.runs import (
    GOOD_APP,
    KUBEGLASS,
    assert_nothing_left,
    process_of,
    read_record,
    wait_until,
    wait_until_up,
)

pytestmark = pytest.mark.engines

CTRL_C = b"\x03"

#: Has its server ignore the wish to end, which is then waited for with all of its grace.
STUBBORN = "import signal\ndef when_ready(server): signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


class Screen:
    """A terminal that a run has for itself, as a person sees it."""

    def __init__(self, folder: Path) -> None:
        self._controller, terminal = pty.openpty()
        # As a shell does: the run leads the terminal's own group, which Ctrl-C goes to.
        argv = ["setsid", "--ctty", "--wait", *KUBEGLASS, "up"]
        self.process = subprocess.Popen(argv, cwd=folder, stdin=terminal, stdout=terminal, stderr=terminal)
        os.close(terminal)
        self.seen = ""

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._controller, keys)

    def wait_for(self, text: str, seconds: float = 60.0) -> None:
        """Read until the text is seen; whatever was seen before does not count any more."""
        seen = ""
        deadline = time.monotonic() + seconds
        while text not in seen:
            assert time.monotonic() < deadline, f"{text!r} was not seen, but: {seen}"
            seen += self._read()
        self.seen = seen

    def wait_for_end(self, seconds: float = 60.0) -> int:
        """Read until the run has ended, and return its exit code."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still running after {seconds:g} s"
            self._read()
        return self.process.returncode

    def close(self) -> None:
        """Take the terminal away."""
        os.close(self._controller)

    def _read(self) -> str:
        ready, _, _ = select.select([self._controller], [], [], 0.1)
        try:
            return os.read(self._controller, 65536).decode() if ready else ""
        except OSError:
            return ""  # nobody has the other end open any more


@contextmanager
def running(folder: Path) -> Iterator[Screen]:
    (folder / "good.py").write_text(GOOD_APP)
    (folder / "kubeglass.yaml").write_text("apps: [{module: 'good:app', workers: 1}]\nscrape: {interval: 1s}\n")
    screen = Screen(folder)
    try:
        yield screen
    finally:
        screen.close()
        screen.process.wait(timeout=60)


def test_one_line_lives_and_ctrl_c_stops_everything_in_order(tmp_path: Path) -> None:
    with running(tmp_path) as screen:
        screen.wait_for("targets 1/1 up · everything running")
        screen.wait_for("targets 1/1 up · everything running")
        assert "\n" not in screen.seen, "it is written over, not below"

        screen.type(CTRL_C)

        assert screen.wait_for_end() == 0
    assert_nothing_left(tmp_path)


def test_a_second_ctrl_c_does_not_wait_for_graces(tmp_path: Path) -> None:
    (tmp_path / "gunicorn.conf.py").write_text(STUBBORN)
    with running(tmp_path) as screen:
        wait_until_up(tmp_path)
        screen.type(CTRL_C)
        wait_until(lambda: process_of(read_record(tmp_path), "app")["state"] == "terminating", "the app to be asked")

        screen.type(CTRL_C)

        assert screen.wait_for_end(seconds=6.0) == 0, "its grace alone is 8 s"
    assert_nothing_left(tmp_path)
