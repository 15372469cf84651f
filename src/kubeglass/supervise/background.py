"""A run in the background: started as a process of its own, followed until it is up or has failed.

The background process writes what happens as JSON lines into a pipe; the foreground reads them and shows them as if
they were its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from kubeglass.errors import KubeglassError
from kubeglass.files import explain_disk_errors
from kubeglass.supervise.listener import Pulse, RunListener
from kubeglass.supervise.state.run_file import RunRecord, describe_error, parse_error, parse_record

#: What the background process says before it keeps a log, or after: of one start, and shown if that fails.
WORDS_NAME = "supervisor.err"
LAST_LINES = 8


class Report:
    """The background process's end of the pipe; a listener that passes everything on.

    Args:
        descriptor: the pipe's writable end.
        log: writes a line into the supervisor's log, where notes stay once nobody listens.
    """

    def __init__(self, descriptor: int, log: Callable[[str], None]) -> None:
        self._stream: TextIO | None = os.fdopen(descriptor, "w", buffering=1)
        self._log = log

    def note(self, text: str) -> None:
        """Pass a fact on, and log it."""
        self._log(text)
        self._send({"note": text})

    def waiting(self, text: str) -> None:
        """Pass on what is waited for."""
        self._send({"waiting": text})

    def up(self, record: RunRecord) -> None:
        """Pass on that data was seen, and hang up: nobody listens any longer."""
        self._send({"up": asdict(record)})
        self._hang_up()

    def beat(self, pulse: Pulse) -> None:
        """Nobody watches a background process's pulse; ``status`` reads the run file."""

    def fail(self, error: KubeglassError) -> None:
        """Pass an error on, and hang up."""
        self._send({"error": describe_error(error)})
        self._hang_up()

    def _send(self, message: dict[str, Any]) -> None:
        try:
            if self._stream:
                self._stream.write(json.dumps(message) + "\n")
        except OSError:
            # Whoever started us is gone; that is no reason to stop.
            self._stream = None

    def _hang_up(self) -> None:
        if self._stream:
            self._stream.close()
            self._stream = None


def start_in_background(arguments: Sequence[str], root: Path, listener: RunListener) -> None:
    """Start ``kubeglass ARGUMENTS --report-to FD`` as a session of its own and return once it is up.

    Args:
        arguments: the command, without the option that asks for the background.
        root: the state folder.
        listener: is told what the background process reports.

    Raises:
        KubeglassError: it did not come up.
    """
    reading, writing = os.pipe()
    # -P: a module of the folder we are in must not take the place of one of ours.
    argv = [sys.executable, "-P", "-m", "kubeglass", *arguments, "--report-to", str(writing)]
    words = root / WORDS_NAME
    with explain_disk_errors(words), words.open("wb") as log:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(writing,), start_new_session=True
        )
    os.close(writing)
    try:
        with os.fdopen(reading) as stream:
            is_up = _follow(stream, listener)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if not is_up:
        code = process.wait()
        details = tuple(words.read_text(errors="replace").splitlines()[-LAST_LINES:])
        raise KubeglassError(
            str(root), "the background process ended early", found=f"exit code {code}", details=details
        )
    # It goes on without us: not to be waited for, which subprocess would warn about.
    process.returncode = 0


def _follow(stream: TextIO, listener: RunListener) -> bool:
    hear: dict[str, Callable[[Any], None]] = {
        "note": listener.note,
        "waiting": listener.waiting,
        "up": lambda record: listener.up(parse_record(record)),
        "error": _raise,
    }
    is_up = False
    for line in stream:
        for kind, content in json.loads(line).items():
            hear[kind](content)
            is_up = is_up or kind == "up"
    return is_up


def _raise(report: dict[str, Any]) -> None:
    raise parse_error(report)
