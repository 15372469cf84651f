"""A process's output: the last lines in memory, for error messages, and all of it in a rotated file."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import BinaryIO, NoReturn

#: Lines kept in memory.
KEPT_LINES = 200
#: Size of a log file before rotation. One rotated file is kept, so a process's logs take at most twice this.
MAX_BYTES = 5 * 1024 * 1024
#: Longer lines are split, so that a process that writes no newline cannot fill the memory.
MAX_LINE_BYTES = 64 * 1024


class LogBuffer:
    """The last lines of one process, safe to use from several threads."""

    def __init__(self, kept_lines: int = KEPT_LINES) -> None:
        self._lines: deque[str] = deque(maxlen=kept_lines)
        self._lock = threading.Lock()
        self._written_since_start = 0

    def append(self, line: str) -> None:
        """Add one line, without its newline."""
        with self._lock:
            self._lines.append(line)
            self._written_since_start += 1

    def note_start(self) -> None:
        """Mark that the process is about to start."""
        with self._lock:
            self._written_since_start = 0

    def since_start(self) -> tuple[str, ...]:
        """Return the lines that were written since the last start, as far as they are kept."""
        with self._lock:
            lines = list(self._lines)
            return tuple(lines[max(len(lines) - self._written_since_start, 0) :])

    def tail(self, count: int) -> tuple[str, ...]:
        """Return at most ``count`` of the newest lines that are not blank, oldest first."""
        with self._lock:
            written = [line for line in self._lines if line.strip()]
        return tuple(written[-count:]) if count > 0 else ()


class LogFile(RotatingFileHandler):
    """A file of timestamped lines, renamed to ``<name>.1`` when it is full.

    It is opened by the first write. A failed write loses one line; the next write tries again.

    Args:
        path: the file; appended to if it exists.
        max_bytes: size at which it is rotated.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        super().__init__(path, maxBytes=max_bytes, backupCount=1, encoding="utf-8", delay=True)

    def write(self, line: str) -> None:
        """Add one line, without its newline; it has been written when this returns.

        Raises:
            OSError: it cannot be written.
        """
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.emit(logging.makeLogRecord({"msg": f"{stamp} {line}"}))

    def handleError(self, record: logging.LogRecord) -> NoReturn:  # noqa: ARG002, N802  # logging's own name
        """Raise the error of :meth:`write` instead of printing it."""
        raise  # called from an except block

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()


def copy_lines(stream: BinaryIO, path: Path, keep: Callable[[str], None] = lambda _: None) -> None:
    """Copy a stream's lines to the log at ``path`` until it ends, and pass each to ``keep``."""
    with stream, closing(LogFile(path)) as file:
        while piece := stream.readline(MAX_LINE_BYTES):
            line = piece.decode(errors="replace").rstrip("\r\n")
            keep(line)
            # A full disk must not block the process that writes to a pipe.
            with suppress(OSError):
                file.write(line)


def rotated_path(path: Path) -> Path:
    """Return the path of the rotated log file."""
    return path.with_name(f"{path.name}.1")


def split_stamp(line: str) -> tuple[str, str]:
    """Split a line of a :class:`LogFile` into its timestamp and its text."""
    stamp, _, text = line.partition(" ")
    return stamp, text
