"""Read value files again and again, and combine what several files say of the same samples."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from kubeglass.instrument.multiprocess.liveness import FileName
from kubeglass.instrument.multiprocess.series_table import Bound, Totals
from kubeglass.instrument.storage.value_file import HEADER, LENGTH, VALUE_SIZE
from kubeglass.instrument.text.encoding import Pause, let_others_run

#: What is parsed and what is added up between two pauses: at most a millisecond's work.
BYTES_BETWEEN_PAUSES = 1 << 16
SAMPLES_BETWEEN_PAUSES = 10_000


class ValueReader:
    """Reads one file, whose entries only grow in number.

    Args:
        path: the file.
        name: its parsed name.

    Raises:
        FileNotFoundError: the file is gone.
    """

    def __init__(self, path: Path, name: FileName) -> None:
        self.path = path
        self.name = name
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


def add_up(kind: str, readers: Iterable[ValueReader], size: int, pause: Pause = let_others_run) -> Totals:
    """Combine the values of all files of one kind, as prometheus_client's multiprocess modes define it.

    Args:
        kind: the kind.
        readers: the files, with numbered ``series``.
        size: how many numbers there are.
        pause: called about every millisecond.
    """
    mode = kind.removeprefix("gauge_").removeprefix("live")
    if mode == "mostrecent":
        return {number: value for number, (_, value) in latest(readers, pause).items()}
    if mode in ("min", "max"):
        return _choose(readers, min if mode == "min" else max, pause)
    totals = [0.0] * size
    present: set[int] = set()
    for series, values in _slices(readers, pause):
        present.update(series)
        for number, value in zip(series, values, strict=False):
            totals[number] += value
    return {number: totals[number] for number in present}


def latest(readers: Iterable[ValueReader], pause: Pause = let_others_run) -> dict[int, tuple[float, float]]:
    """Return when each sample was last set in any file, and to what."""
    found: dict[int, tuple[float, float]] = {}
    for reader in readers:
        for number, value, when in zip(reader.series, reader.values(), reader.timestamps(), strict=False):
            if number not in found or found[number][0] < when:
                found[number] = (when, value)
        pause()
    return found


def _choose(readers: Iterable[ValueReader], choose: Callable[[float, float], float], pause: Pause) -> Totals:
    totals: Totals = {}
    for series, values in _slices(readers, pause):
        for number, value in zip(series, values, strict=False):
            totals[number] = choose(totals[number], value) if number in totals else value
    return totals


def _slices(readers: Iterable[ValueReader], pause: Pause) -> Iterator[tuple[list[int], tuple[float, ...]]]:
    for reader in readers:
        series, values = reader.series, reader.values()
        for start in range(0, len(series), SAMPLES_BETWEEN_PAUSES):
            end = start + SAMPLES_BETWEEN_PAUSES
            yield series[start:end], values[start:end]
            pause()
