"""The guard ends the children of a killed supervisor: a small process that waits for its pipe to close.

After ``kill -9`` the supervisor cannot stop anything, but the kernel closes its end of the pipe. This works on Linux
and macOS; Linux's parent-death signal is tied to a thread and does not reach grandchildren.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

GUARD_PROGRAM = Path(__file__).with_name("guard_process.py")


class Guard:
    """Tells the guard process which process groups to end; restarts it if it was killed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The guard process's id, while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the guard process, unless it runs."""
        with self._lock:
            self._process = self._process or self._begin()

    def watch(self, pid: int) -> None:
        """End the group that ``pid`` leads if this process is killed."""
        with self._lock:
            self._watched.add(pid)
            self._tell(f"+{pid}")

    def forget(self, pid: int) -> None:
        """Stop watching a process that has ended: its id may be reused."""
        with self._lock:
            self._watched.discard(pid)
            self._tell(f"-{pid}")

    def close(self) -> None:
        """End the guard process, and with it whatever it still watches."""
        with self._lock:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._process and self._process.stdin:
            self._process.stdin.close()
            self._process.wait()
        self._process = None

    def _tell(self, line: str) -> None:
        if self._process is None or not self._send(line):
            self._hang_up()
            self._process = self._begin()
            for pid in self._watched:
                self._send(f"+{pid}")

    def _send(self, line: str) -> bool:
        if self._process is None or self._process.stdin is None:
            return False
        try:
            self._process.stdin.write(f"{line}\n".encode())
        except OSError:
            return False
        return True

    @staticmethod
    def _begin() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            # -I -S: none of the user's environment, and half the memory.
            [sys.executable, "-I", "-S", str(GUARD_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
