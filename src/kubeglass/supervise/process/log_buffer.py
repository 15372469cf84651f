"""What a process wrote: the last lines in memory for error messages, all of it in a file that cannot grow forever."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from kubeglass.supervise.process.context import Clock, SystemClock

#: Lines kept in memory: as many as a person reads in an error message, and some for looking back.
KEPT_LINES = 200
#: One log file; with one rotated file kept, a process's logs never take more than twice this.
MAX_BYTES = 5 * 1024 * 1024
#: A longer line is cut into pieces, so that a process without line ends cannot fill the memory.
MAX_LINE_BYTES = 64 * 1024


class LogBuffer:
    """The last lines of one process, safe to use from several threads."""

    def __init__(self, kept_lines: int = KEPT_LINES) -> None:
        self._lines: deque[str] = deque(maxlen=kept_lines)
        self._lock = threading.Lock()
        self._written_since_start = 0

    def append(self, line: str) -> None:
        """Add one line, without its line end."""
        with self._lock:
            self._lines.append(line)
            self._written_since_start += 1

    def note_start(self) -> None:
        """Mark that the process is about to start again."""
        with self._lock:
            self._written_since_start = 0

    def since_start(self) -> tuple[str, ...]:
        """Return the lines kept that were written since the process started last."""
        with self._lock:
            lines = list(self._lines)
            return tuple(lines[max(len(lines) - self._written_since_start, 0) :])

    def tail(self, count: int) -> tuple[str, ...]:
        """Return at most ``count`` of the newest lines that are not blank, oldest first."""
        with self._lock:
            written = [line for line in self._lines if line.strip()]
        return tuple(written[-count:]) if count > 0 else ()


class LogFile:
    """A file of lines, each with the time it was written, renamed to ``<name>.1`` when it is full.

    It is opened by the first line. What goes wrong costs the line at hand and nothing more: the next one tries again.

    Args:
        path: the file; continued if it exists.
        max_bytes: size at which it is rotated.
        clock: gives the time of each line.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, clock: Clock | None = None) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._clock = clock or SystemClock()
        self._stream: BinaryIO | None = None

    def __enter__(self) -> LogFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def write(self, line: str) -> None:
        """Add one line, without its line end; it is on disk when this returns.

        Raises:
            OSError: it cannot be written.
        """
        stamp = datetime.fromtimestamp(self._clock.time(), UTC).isoformat(timespec="milliseconds")
        text = f"{stamp.replace('+00:00', 'Z')} {line}\n".encode()
        if self._stream is None:
            self._stream = self._open()
        if self._stream.tell() and self._stream.tell() + len(text) > self._max_bytes:
            self._stream = self._rotate(self._stream)
        self._stream.write(text)

    def _rotate(self, full: BinaryIO) -> BinaryIO:
        # It may be gone: put aside by an attempt that could not open the next one.
        with contextlib.suppress(FileNotFoundError):
            self.path.replace(rotated_path(self.path))
        fresh = self._open()
        full.close()
        return fresh

    def _open(self) -> BinaryIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        stream = self.path.open("ab", buffering=0)
        stream.seek(0, 2)
        return stream


def rotated_path(path: Path) -> Path:
    """Name the file that holds what was written before ``path`` was begun."""
    return path.with_name(f"{path.name}.1")


def split_stamp(line: str) -> tuple[str, str]:
    """Split a line of a :class:`LogFile` into the time and what the process wrote."""
    stamp, _, text = line.partition(" ")
    return stamp, text
