"""Read one value file: whose it is, whether that process is alive, and which values it has by now."""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from kubeglass.instrument.multiprocess.series_table import Bound
from kubeglass.instrument.storage.value_file import HEADER, LENGTH, VALUE_SIZE
from kubeglass.instrument.text.encoding import Pause, let_others_run

#: ``counter_123.db`` is prometheus_client's, ``counter_123-0a1b2c3d.db`` ours, and ``counter_compacted.db`` holds the
#: totals of dead processes.
NAME = re.compile(
    r"(?P<kind>counter|histogram|summary|gauge_[a-z]+)_(?P<owner>(?P<pid>\d+)(?P<token>-\w+)?|compacted)\.db"
)
COMPACTED = "compacted"

#: Kinds of gauges that count only while their process lives. ``all`` is our choice: prometheus_client shows a dead
#: worker's last value forever, and so one more series for every worker that ever ran.
TRANSIENT = frozenset(
    {"gauge_all", "gauge_liveall", "gauge_livesum", "gauge_livemin", "gauge_livemax", "gauge_livemostrecent"}
)

#: Kinds of gauges that are shown for each process, with a ``pid`` label.
PER_PROCESS = frozenset({"gauge_all", "gauge_liveall"})

#: What is parsed between two pauses: at most a millisecond's work.
BYTES_BETWEEN_PAUSES = 1 << 16


@dataclass(frozen=True, slots=True)
class FileName:
    """The parts of a value file's name.

    Args:
        name: the whole name.
        kind: ``counter``, ``histogram``, ``summary`` or ``gauge_<multiprocess mode>``.
        owner: the process as the name identifies it; ``compacted`` for the totals of dead processes.
        pid: its process id, 0 for these totals.
        is_ours: whether the owner holds a lock on the file while it lives.
    """

    name: str
    kind: str
    owner: str
    pid: int
    is_ours: bool

    @property
    def is_compacted(self) -> bool:
        """Whether the file holds the totals of dead processes."""
        return self.owner == COMPACTED


def parse_name(name: str) -> FileName | None:
    """Parse a file's name; return None if it is not a value file's."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    return FileName(name, match["kind"], match["owner"], int(match["pid"] or 0), is_ours=bool(match["token"]))


def dead_owners(folder: Path, names: Iterable[FileName], pause: Pause = let_others_run) -> set[str]:
    """Return the owners of these files that have ended.

    Owners of our files hold a lock, which the kernel drops with the process, so a reused pid cannot mislead. Of
    prometheus_client's files only the pid is known: while another process has it, the file is kept, and totals stay
    right.
    """
    first = {name.owner: name for name in names if not name.is_compacted}
    dead = set()
    for owner, name in first.items():
        if not (is_locked(folder / name.name) if name.is_ours else is_running(name.pid)):
            dead.add(owner)
        pause()
    return dead


def is_locked(path: Path, *, if_missing: bool = True) -> bool:
    """Return whether a process holds the lock on a file, or ``if_missing`` if there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return if_missing
    try:
        # A shared lock: two processes that check at once must not take each other for the owner.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_running(pid: int) -> bool:
    """Return whether a process with this pid exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class ValueReader:
    """Reads one file, whose entries only grow in number; raises FileNotFoundError if it is gone."""

    def __init__(self, path: Path, name: FileName) -> None:
        self.path = path
        self.name = name
        #: Whether its process was alive when the folder was last read.
        self.is_alive = False
        self.keys: list[bytes] = []
        self.inode = 0
        #: Files whose values a compacted file includes.
        self.compacted: frozenset[str] = frozenset()
        #: The keys' numbers in the kind's table, and the buckets among them.
        self.series: list[int] = []
        self.bounds: set[Bound] = set()
        self._positions: list[int] = []
        self._get: Callable[[Any], tuple[float, ...]] = lambda _: ()
        self._parsed = HEADER.size
        self._map: mmap.mmap | bytes = b""
        self._doubles: Any = memoryview(b"").cast("d")
        self._open()

    def refresh(self, pause: Pause = let_others_run) -> None:
        """Parse the entries that were appended since the last call."""
        if not self._map:
            self._open()
        used = LENGTH.unpack_from(self._map)[0] if self._map else 0
        if used > len(self._map):
            self._open()
        if used <= self._parsed:
            return
        self._parse(used, pause)
        # One position more than needed: for a single one itemgetter would return no tuple.
        positions = [position // 8 for position in self._positions]
        self._get = itemgetter(*positions, positions[-1])

    def values(self) -> tuple[float, ...]:
        """Return the values in the order of ``keys``, with the last one repeated."""
        return self._get(self._doubles)

    def timestamps(self) -> list[float]:
        """Return when each value was set, in seconds since the epoch, or 0 if unknown."""
        return [self._doubles[position // 8 + 1] for position in self._positions]

    def _open(self) -> None:
        with self.path.open("rb") as file:
            status = os.fstat(file.fileno())
            self.inode = status.st_ino
            if status.st_size < HEADER.size:  # created, but still empty
                return
            self._map = mmap.mmap(file.fileno(), status.st_size, access=mmap.ACCESS_READ)
        self._doubles = memoryview(self._map)[: status.st_size // 8 * 8].cast("d")
        if self.name.is_compacted:
            used = LENGTH.unpack_from(self._map)[0]
            self.compacted = frozenset(json.loads(self._map[used:]))

    def _parse(self, used: int, pause: Pause) -> None:
        data, unpack, keys, positions = self._map[:used], LENGTH.unpack_from, self.keys, self._positions
        position = self._parsed
        while position < used:
            limit = min(used, position + BYTES_BETWEEN_PAUSES)
            while position < limit:
                begin = position + LENGTH.size
                end = begin + unpack(data, position)[0]
                keys.append(data[begin:end])
                position = end + 8 - end % 8
                positions.append(position)
                position += VALUE_SIZE
            pause()
        self._parsed = position
