"""What each signal means to a run: an end, a quicker end, or a request to reload the definition."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from packaging.version import Version

from kubeglass.engines.install.go import Go, run_go
from kubeglass.model.pipeline import Pipeline
from kubeglass.signals import StopSignals, signals_held
from kubeglass.supervise.app.check import check_apps
from kubeglass.supervise.background import start_in_background
from kubeglass.supervise.listener import RunListener

#: Says on its standard output what each signal did to it, each word whole, and none before it would be understood.
RUN = """
import os, time
from kubeglass.signals import StopSignals
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


def test_an_interrupt_is_held_until_it_can_be_handled() -> None:
    with StopSignals(), signals_held() as release:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            release()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)


def test_an_interrupt_is_held_until_the_block_ends_at_most() -> None:
    with StopSignals(), pytest.raises(KeyboardInterrupt), signals_held():
        signal.raise_signal(signal.SIGINT)


def test_only_the_main_thread_holds_signals() -> None:
    def hold() -> None:
        with signals_held() as release:
            release()

    with ThreadPoolExecutor() as threads:
        threads.submit(hold).result()


def build(folder: Path) -> None:
    program = folder / "go"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o700)
    run_go(Go(program, Version("1.26")), ["build"], cwd=folder)


def check_two_apps(folder: Path) -> None:
    (folder / "myapp.py").write_text("import time; time.sleep(600)")
    document = {"apps": [{"name": name, "module": "myapp:app"} for name in ("shop", "cart")]}
    check_apps(Pipeline.model_validate(document).apps, folder, timeout_seconds=600.0)


def run_in_background(folder: Path) -> None:
    start_in_background(["up"], folder, RunListener())


@pytest.mark.parametrize("start", [build, check_two_apps, run_in_background])
def test_a_process_that_starts_when_an_interrupt_comes_is_ended(
    start: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self.pid)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with StopSignals(), pytest.raises(KeyboardInterrupt):
        start(tmp_path)

    assert started
    assert not any(psutil.pid_exists(pid) for pid in started)
