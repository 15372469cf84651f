"""Calls the real command line in a folder of its own, and looks at what is left of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil

from kubeglass.cli.main import run

KUBEGLASS = (sys.executable, "-m", "kubeglass")

GOOD_APP = """
from flask import Flask
app = Flask(__name__)
def create_app(): return app
@app.get("/hello/<name>")
def hello(name): return name
"""


def call(
    folder: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    seconds: float = 120.0,
    prefix: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; ``prefix`` is a program that runs it."""
    argv = [*prefix, *KUBEGLASS, *arguments]
    return subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=seconds, check=False)


def call_here(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end like :func:`call`, but in this process: a new interpreter imports for half a second."""
    stdout, stderr = StringIO(), StringIO()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    surroundings = patch.dict(os.environ, os.environ if env is None else env, clear=True)
    try:
        with chdir(folder), surroundings, redirect_stdout(stdout), redirect_stderr(stderr):
            code = run(list(arguments))
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return subprocess.CompletedProcess(arguments, code, stdout.getvalue(), stderr.getvalue())


@contextmanager
def foreground(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``kubeglass up`` in the foreground, interrupt it afterwards and wait for its end."""
    log = folder / "up.log"
    with log.open("w") as stream:
        process = subprocess.Popen([*KUBEGLASS, "up", *arguments], cwd=folder, stdout=stream, stderr=stream, text=True)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=60)
            finally:
                # Its guard ends what it leaves: a run that does not stop must not disturb every later test.
                process.kill()


def wait_until(condition: Callable[[], Any], what: str, *, seconds: float = 60.0) -> Any:
    """Return what ``condition`` returns once that is something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds:g} s")


def read_record(folder: Path) -> dict[str, Any]:
    """Return the run file, or an empty dict while it does not exist."""
    try:
        return dict(json.loads((folder / ".kubeglass" / "run.json").read_text()))
    except (OSError, ValueError):
        return {}


def wait_until_up(folder: Path, *, seconds: float = 90.0) -> dict[str, Any]:
    """Wait until the run in ``folder`` is up and return its record; one that gives up fails with what it says."""
    log = folder / "up.log"

    def find() -> dict[str, Any]:
        said = log.read_text() if log.exists() else ""
        assert not any(line.startswith("error: ") for line in said.splitlines()), said
        record = read_record(folder)
        return record if record.get("phase") == "up" else {}

    return dict(wait_until(find, "up", seconds=seconds))


def process_of(record: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what a record says about one process."""
    return dict(next(process for process in record["processes"] if process["name"] == name))


def processes_in(folder: Path) -> list[str]:
    """List the processes that work in a folder or have it in their command line, this test aside."""
    return [
        " ".join(process.info["cmdline"] or ())
        for process in psutil.process_iter(["pid", "cwd", "cmdline", "status"])
        if process.info["pid"] != os.getpid()
        and process.info["status"] != psutil.STATUS_ZOMBIE
        and str(folder) in f"{process.info['cwd']} {' '.join(process.info['cmdline'] or ())}"
    ]


def assert_nothing_left(folder: Path) -> None:
    """Fail if a process or a run file is left."""
    wait_until(lambda: not processes_in(folder), f"all of {processes_in(folder)} to end", seconds=10)
    assert not (folder / ".kubeglass" / "run.json").exists()
