"""Starts processes: each leads its own process group, writes to a log, and is watched by the guard."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from kubeglass.observe.processes import identify
from kubeglass.supervise.process.guard import Guard
from kubeglass.supervise.process.log_buffer import LogBuffer, copy_lines
from kubeglass.supervise.process.spec import ProcessSpec

#: A grandchild may keep the pipe open after the process has ended; do not wait longer for its output.
DRAIN_SECONDS = 1.0


class Child:
    """One started process."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen
        self.identity = identify(popen.pid)

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its process group."""
        return self._popen.pid

    def terminate(self) -> None:
        """Send SIGTERM to the process alone: it stops its own children."""
        self._popen.send_signal(signal.SIGTERM)

    def reread(self) -> None:
        """Send SIGHUP to the process alone: it reloads its configuration."""
        self._popen.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """Kill the whole group: the process can no longer stop its children."""
        kill_group(self.pid)


#: Called once, from any thread, with the child and its exit code (negative: the signal that killed it).
ExitCallback = Callable[[Child, int], None]


class Spawner:
    """Starts processes and logs their output until they exit.

    Args:
        logs: folder of the log files.
        guard: ends the processes if this one is killed.
    """

    def __init__(self, logs: Path, guard: Guard) -> None:
        self._logs = logs
        self._guard = guard
        self._buffers: dict[str, LogBuffer] = {}

    def buffer(self, name: str) -> LogBuffer:
        """Return the last lines of ``name``, across restarts."""
        return self._buffers.setdefault(name, LogBuffer())

    def last_lines(self, name: str) -> tuple[str, ...]:
        """Return the last lines that ``name`` wrote since its last start."""
        return self.buffer(name).since_start()

    def note(self, name: str, line: str) -> None:
        """Add a line from the supervisor to the log of ``name``."""
        copy_lines(io.BytesIO(line.encode()), self._logs / f"{name}.log", self.buffer(name).append)

    def spawn(self, spec: ProcessSpec, on_exit: ExitCallback) -> Child:
        """Start ``spec``; call ``on_exit`` from another thread once it has exited and its log is complete.

        Raises:
            OSError: the program cannot be executed.
        """
        # Starting the guard takes a while, in which this process could be killed: start it before there is a child.
        self._guard.start()
        self.buffer(spec.name).note_start()
        popen = subprocess.Popen(
            spec.argv,
            cwd=spec.cwd,
            env=dict(spec.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # In a session of its own, Ctrl-C in the terminal reaches only the supervisor, which stops things in order.
            start_new_session=True,
        )
        try:
            return self._follow(popen, spec.name, on_exit)
        except BaseException:
            # The caller gets no handle to it, so it must not survive.
            kill_group(popen.pid)
            popen.communicate()
            with contextlib.suppress(OSError):
                self._guard.forget(popen.pid)
            raise

    def _follow(self, popen: subprocess.Popen[bytes], name: str, on_exit: ExitCallback) -> Child:
        child = Child(popen)
        log = (popen.stdout, self._logs / f"{name}.log", self.buffer(name).append)
        reader = threading.Thread(target=copy_lines, args=log, name=f"log {name}", daemon=True)

        def wait() -> None:
            code = popen.wait()
            # Orphans, such as the workers of a killed master, still hold the port: end them now.
            kill_group(popen.pid)
            self._guard.forget(popen.pid)
            reader.join(DRAIN_SECONDS)
            on_exit(child, code)

        self._guard.watch(popen.pid)
        reader.start()
        threading.Thread(target=wait, name=f"wait {name}", daemon=True).start()
        return child


def kill_group(pid: int) -> None:
    """Kill every process in the group that ``pid`` leads, if there is one."""
    # macOS answers EPERM for a group of zombies.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
