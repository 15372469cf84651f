"""What each signal means to a run: an end, a quicker end, or a request to reload the definition."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kubeglass.supervise.signals import StopSignals

#: Says on its standard output what each signal did to it, each word whole, and none before it would be understood.
RUN = """
import os, time
from kubeglass.supervise.signals import StopSignals
with StopSignals() as signals:
    try:
        os.write(1, b"ready\\n")
        while not signals.wants_reload:
            time.sleep(0.02)
        os.write(1, b"reload\\n")
    except KeyboardInterrupt:
        os.write(1, b"interrupted\\n")
"""


class Watched:
    """A run of its own session whose words go to a file, with or without a terminal."""

    def __init__(self, folder: Path, *, terminal: int | None = None, prefix: tuple[str, ...] = ()) -> None:
        self._words = folder / "words"
        with self._words.open("w") as stream:
            self.process = subprocess.Popen(
                ["setsid", *(["--ctty"] if terminal is not None else []), *prefix, sys.executable, "-c", RUN],
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        self.wait_for("ready")

    def wait_for(self, word: str) -> None:
        deadline = time.monotonic() + 20
        while word not in self._words.read_text().split():
            assert time.monotonic() < deadline, f"{word}: never said, but: {self._words.read_text()}"
            time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_end_interrupts(tmp_path: Path, number: signal.Signals) -> None:
    run = Watched(tmp_path)

    run.process.send_signal(number)

    run.wait_for("interrupted")
    assert run.process.wait() == 0


def test_a_hangup_ends_what_cannot_reload() -> None:
    with StopSignals(can_reload=False), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGHUP)


def test_a_hangup_from_a_person_asks_for_a_reload(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    run = Watched(tmp_path, terminal=terminal)

    run.process.send_signal(signal.SIGHUP)

    run.wait_for("reload")
    assert run.process.wait() == 0
    os.close(terminal)
    os.close(controller)


def test_without_a_terminal_a_hangup_asks_for_a_reload(tmp_path: Path) -> None:
    run = Watched(tmp_path)

    run.process.send_signal(signal.SIGHUP)

    run.wait_for("reload")
    assert run.process.wait() == 0


def test_a_terminal_that_closes_ends_the_run(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    run = Watched(tmp_path, terminal=terminal)
    os.close(terminal)

    os.close(controller)

    run.wait_for("interrupted")
    assert run.process.wait() == 0


def test_under_nohup_a_terminal_that_closes_does_not_end_the_run(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    run = Watched(tmp_path, terminal=terminal, prefix=("nohup",))
    os.close(terminal)

    os.close(controller)

    run.wait_for("reload")
    assert run.process.wait() == 0


def test_a_second_signal_hurries_the_stopping() -> None:
    hurried: list[str] = []
    with StopSignals() as signals:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signals.begin_stopping(lambda: hurried.append("hurried"))

        signal.raise_signal(signal.SIGINT)

    assert hurried == ["hurried"]
