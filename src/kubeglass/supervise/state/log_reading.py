"""Reads the processes' log files: the last lines, merged by time, and then what is added."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from kubeglass.errors import StateError
from kubeglass.observe.log_line import LogLine
from kubeglass.supervise.process.log_buffer import rotated_path, split_stamp


def list_logs(folder: Path) -> list[str]:
    """Return the names of the processes that have a log."""
    return sorted(path.stem for path in folder.glob("*.log"))


def choose_logs(folder: Path, names: Sequence[str]) -> list[str]:
    """Return the names of the logs to read: ``names``, or all if it is empty.

    Raises:
        StateError: there are no logs, or not this one.
    """
    known = list_logs(folder)
    if not known:
        raise StateError(str(folder), "holds no logs", hint="start with: kubeglass up --demo")
    for name in names:
        if name not in known:
            raise StateError(name, "has no log", found=f"{folder} holds {', '.join(known)}", hint="choose one of these")
    return list(dict.fromkeys(names)) or known


def read_last_lines(folder: Path, names: Sequence[str], count: int) -> list[LogLine]:
    """Return the last ``count`` lines of these processes together, oldest first."""
    lines: list[LogLine] = []
    for name in names:
        path = folder / f"{name}.log"
        last: deque[LogLine] = deque(maxlen=count)
        for part in (rotated_path(path), path):
            if part.exists():
                with part.open("rb") as stream:
                    last.extend(_parse(name, line) for line in stream)
        lines += last
    # Sorting is stable: lines of one process keep their order within a millisecond.
    return sorted(lines, key=lambda line: line.stamp)[-count:] if count > 0 else []


class LogFollower:
    """Reads what is added to logs, across rotation.

    Args:
        folder: folder of the logs.
        chosen: the processes; none means all, including those that start later.
    """

    def __init__(self, folder: Path, chosen: Sequence[str] = ()) -> None:
        self._folder = folder
        self._chosen = chosen
        self._streams: dict[str, BinaryIO] = {}
        self._open_new()
        for stream in self._streams.values():
            stream.seek(0, 2)

    @property
    def names(self) -> list[str]:
        """The processes whose logs are followed now."""
        return sorted(self._streams)

    def close(self) -> None:
        """Close the files."""
        for stream in self._streams.values():
            stream.close()

    def read_new(self) -> list[LogLine]:
        """Return what was added since the last call, oldest first."""
        self._open_new()
        lines = [line for name in self.names for line in self._read(name)]
        return sorted(lines, key=lambda line: line.stamp)

    def _open_new(self) -> None:
        for name in self._chosen or list_logs(self._folder):
            if name not in self._streams:
                self._streams[name] = self._path(name).open("rb")

    def _read(self, name: str) -> Iterator[LogLine]:
        yield from self._rest(name)
        if _is_replaced(self._streams[name], self._path(name)):
            # Lines between the last read and the rotation.
            yield from self._rest(name)
            self._streams[name].close()
            self._streams[name] = self._path(name).open("rb")
            yield from self._rest(name)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _rest(self, name: str) -> Iterator[LogLine]:
        stream = self._streams[name]
        while line := stream.readline():
            if not line.endswith(b"\n"):
                # Half a line: read it again when it is complete.
                stream.seek(-len(line), 1)
                return
            yield _parse(name, line)


def _is_replaced(stream: BinaryIO, path: Path) -> bool:
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    before = os.fstat(stream.fileno())
    return (now.st_dev, now.st_ino) != (before.st_dev, before.st_ino)


def _parse(name: str, line: bytes) -> LogLine:
    stamp, text = split_stamp(line.decode(errors="replace").rstrip("\n"))
    return LogLine(stamp, name, text)
