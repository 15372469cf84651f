"""A run in the background, followed through its run file and its log, ``supervisor.log``."""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from kubeglass.errors import KubeglassError
from kubeglass.files import explain_disk_errors
from kubeglass.signals import signals_held
from kubeglass.supervise.listener import RunListener
from kubeglass.supervise.process.log_buffer import copy_lines
from kubeglass.supervise.process.supervised import describe_exit
from kubeglass.supervise.state.log_reading import LogFollower
from kubeglass.supervise.state.run_file import RUN_FILE, Phase, read_run_file

#: Name of the log, as in ``kubeglass logs supervisor``.
NAME = "supervisor"
#: Polling interval.
LOOK_SECONDS = 0.1
#: A child may keep the outputs open; do not wait longer for it.
DRAIN_SECONDS = 1.0


def start_in_background(arguments: Sequence[str], root: Path, listener: RunListener) -> int:
    """Start ``kubeglass ARGUMENTS --in-background`` in a session of its own, and follow it until it is up or has ended.

    Args:
        arguments: the command, without the option that asks for the background.
        root: the state folder.
        listener: receives what the background process logs and waits for.

    Returns:
        0 if it is up, otherwise its exit code; its error was logged then.

    Raises:
        KubeglassError: it ended without a word.
    """
    log = root / "logs" / f"{NAME}.log"
    with explain_disk_errors(log):
        log.parent.mkdir(exist_ok=True)
        log.touch()
    # -P: modules of the current folder must not shadow ours.
    argv = [sys.executable, "-P", "-m", "kubeglass", *arguments, "--in-background"]
    with contextlib.closing(LogFollower(log.parent, [NAME])) as follower, signals_held() as release_signals:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            release_signals()
            code = _follow(process, root, follower, listener)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    # It outlives this process: subprocess must not warn about it.
    process.returncode = code
    return code


def _follow(process: subprocess.Popen[bytes], root: Path, follower: LogFollower, listener: RunListener) -> int:
    is_silent = True
    while True:
        code = process.poll()
        record = read_run_file(root / RUN_FILE)
        is_ours = record is not None and record.supervisor.pid == process.pid
        # What it logged before it was up, or ended, has been written by the next look.
        time.sleep(LOOK_SECONDS)
        for line in follower.read_new():
            is_silent = False
            listener.note(line.text)
        if code is not None:
            if code < 0 or (code and is_silent):
                raise KubeglassError(str(root), "the background process ended early", found=describe_exit(code))
            return code
        if record and is_ours and record.phase is Phase.UP:
            listener.up(record)
            return 0
        if record and is_ours and record.waiting_for:
            listener.waiting(record.waiting_for)


def log_own_output(logs: Path) -> None:
    """Write this process's stdout and stderr to ``supervisor.log`` from now on.

    Args:
        logs: folder of the log files.
    """
    reading, writing = os.pipe()
    log = (os.fdopen(reading, "rb"), logs / f"{NAME}.log")
    reader = threading.Thread(target=copy_lines, args=log, name=f"log {NAME}", daemon=True)
    reader.start()
    _redirect(writing)
    atexit.register(_drain, reader)


def _redirect(descriptor: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    for output in (1, 2):
        os.dup2(descriptor, output)
    os.close(descriptor)


def _drain(reader: threading.Thread) -> None:
    _redirect(os.open(os.devnull, os.O_WRONLY))
    reader.join(DRAIN_SECONDS)
