"""Processes of the operating system: each leads its own process group, writes to a log, and is watched by the guard."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from kubeglass.observe.processes import identify
from kubeglass.supervise.process.guard import Guard
from kubeglass.supervise.process.log_buffer import MAX_LINE_BYTES, LogBuffer, LogFile
from kubeglass.supervise.process.spec import Child, ExitCallback, ProcessSpec

#: A grandchild may keep the pipe open after the process itself is gone; its last words are not waited for longer.
DRAIN_SECONDS = 1.0


class RealChild:
    """One process of the operating system."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen
        self.identity = identify(popen.pid)

    @property
    def pid(self) -> int:
        """The process id, also the id of its process group."""
        return self._popen.pid

    def terminate(self) -> None:
        """Signal the process alone: it stops its own children itself."""
        self._popen.send_signal(signal.SIGTERM)

    def reread(self) -> None:
        """Signal the process alone; engines reload their configuration on SIGHUP."""
        self._popen.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """End the whole group, for a process that cannot look after its own children any more."""
        kill_group(self.pid)


class RealSpawner:
    """Starts processes and logs what they write until they exit.

    Args:
        logs: folder of the log files.
        guard: ends the processes if this one is killed.
    """

    def __init__(self, logs: Path, guard: Guard) -> None:
        self._logs = logs
        self._guard = guard
        self._buffers: dict[str, LogBuffer] = {}

    def buffer(self, name: str) -> LogBuffer:
        """Return the last lines of ``name``, over all its restarts."""
        return self._buffers.setdefault(name, LogBuffer())

    def last_lines(self, name: str) -> tuple[str, ...]:
        """Return the last lines that ``name`` wrote since it was started last."""
        return self.buffer(name).since_start()

    def note(self, name: str, line: str) -> None:
        """Add a line from the supervisor to the log of ``name``."""
        with LogFile(self._logs / f"{name}.log") as file:
            _keep(line, self.buffer(name), file)

    def spawn(self, spec: ProcessSpec, on_exit: ExitCallback) -> Child:
        """Start ``spec`` and call ``on_exit`` from another thread when it has ended and its log is complete."""
        # Before there is anything to guard: starting it takes a while, in which this process could be killed.
        self._guard.start()
        self.buffer(spec.name).note_start()
        popen = subprocess.Popen(
            spec.argv,
            cwd=spec.cwd,
            env=dict(spec.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which stops things in order.
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
        child = RealChild(popen)
        reader = threading.Thread(target=self._read, args=(popen.stdout, name), name=f"log {name}", daemon=True)
        waiter = threading.Thread(
            target=self._wait, args=(popen, reader, child, on_exit), name=f"wait {name}", daemon=True
        )
        self._guard.watch(popen.pid)
        reader.start()
        waiter.start()
        return child

    def _read(self, stream: BinaryIO, name: str) -> None:
        buffer = self.buffer(name)
        with stream, LogFile(self._logs / f"{name}.log") as file:
            while piece := stream.readline(MAX_LINE_BYTES):
                _keep(piece.decode(errors="replace").rstrip("\r\n"), buffer, file)

    def _wait(
        self,
        popen: subprocess.Popen[bytes],
        reader: threading.Thread,
        child: Child,
        on_exit: Callable[[Child, int], None],
    ) -> None:
        code = popen.wait()
        # What the process leaves behind (a worker whose master was killed) still holds its port: end it now.
        kill_group(popen.pid)
        self._guard.forget(popen.pid)
        reader.join(DRAIN_SECONDS)
        on_exit(child, code)


def _keep(line: str, buffer: LogBuffer, file: LogFile) -> None:
    buffer.append(line)
    # A full disk must not block the process on its pipe; the last lines are still in memory.
    with contextlib.suppress(OSError):
        file.write(line)


def kill_group(pid: int) -> None:
    """Kill every process in the group that ``pid`` leads, if there is one."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # macOS answers EPERM for a group of zombies.
        return
