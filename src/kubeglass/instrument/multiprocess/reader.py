"""Read value files again and again, and add up what several say of the same samples."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from kubeglass.instrument.multiprocess.liveness import FileName
from kubeglass.instrument.multiprocess.series_table import Bound
from kubeglass.instrument.storage.value_file import HEADER, LENGTH, VALUE_SIZE
from kubeglass.instrument.text.encoding import Pause, let_others_run

LENGTH_SIZE = LENGTH.size

#: Bytes that are parsed before others get their turn: a millisecond's work.
SLICE = 1 << 18


class ValueReader:
    """The entries of one file, which only ever grow in number.

    Args:
        path: the file.
        name: its name, taken apart.

    Raises:
        FileNotFoundError: the file is gone.
    """

    def __init__(self, path: Path, name: FileName) -> None:
        self.path = path
        self.name = name
        self.keys: list[bytes] = []
        self.inode = 0
        self.compacted: frozenset[str] = frozenset()
        #: For whoever reads values: numbers that it keeps for the keys, in their order, and what buckets there are.
        self.series: list[int] = []
        self.bounds: set[Bound] = set()
        self._positions: list[int] = []
        self._get: Callable[[Any], tuple[float, ...]] = lambda _: ()
        self._parsed = HEADER.size
        self._map: mmap.mmap | bytes = b""
        self._doubles: Any = memoryview(b"").cast("d")
        self._open()

    def refresh(self, pause: Pause = let_others_run) -> None:
        """Parse entries that were appended since the last time."""
        if not self._map:
            self._open()
        used = LENGTH.unpack_from(self._map)[0] if self._map else 0
        if used > len(self._map):
            self._open()
        if used <= self._parsed:
            return
        self._parse(used, pause)
        # A tuple for one position as for many: itemgetter gives a bare value for one.
        positions = [position // 8 for position in self._positions]
        self._get = itemgetter(*positions, positions[-1])

    def values(self) -> tuple[float, ...]:
        """Return the values in the order of ``keys``, and the last one once more."""
        return self._get(self._doubles)

    def timestamps(self) -> list[float]:
        """Return when the values were set, in seconds since the epoch, 0 if that was not noted."""
        return [self._doubles[position // 8 + 1] for position in self._positions]

    def _open(self) -> None:
        with self.path.open("rb") as file:
            status = os.fstat(file.fileno())
            self.inode = status.st_ino
            if status.st_size < HEADER.size:  # made, not yet begun
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
            # In slices, since others get their turn after each of them.
            limit = min(used, position + SLICE)
            while position < limit:
                end = position + LENGTH_SIZE + unpack(data, position)[0]
                keys.append(data[position + LENGTH_SIZE : end])
                position = end + 8 - end % 8
                positions.append(position)
                position += VALUE_SIZE
            pause()
        self._parsed = position


#: Number of a sample to its value and, for gauges of which the latest counts, when it was set.
Totals = dict[int, float]

#: Samples that are added up before others get their turn: about a millisecond's work.
SLICE = 10_000


def add_up(kind: str, readers: Iterable[ValueReader], size: int, pause: Pause = let_others_run) -> Totals:
    """Combine the values of all files of one kind, as prometheus_client's multiprocess modes define it.

    Args:
        kind: the kind of these files.
        readers: the files; their ``series`` are numbered.
        size: how many numbers there are.
        pause: called every millisecond or so.
    """
    mode = kind.removeprefix("gauge_").removeprefix("live")
    if mode == "mostrecent":
        return {number: value for number, (_, value) in latest(readers, pause).items()}
    if mode in _CHOICES:
        return _choose(readers, _CHOICES[mode], pause)
    return _sum(readers, size, pause)


def latest(readers: Iterable[ValueReader], pause: Pause = let_others_run) -> dict[int, tuple[float, float]]:
    """Return when each sample was last set in any file, and to what."""
    found: dict[int, tuple[float, float]] = {}
    for reader in readers:
        for number, value, when in zip(reader.series, reader.values(), reader.timestamps(), strict=False):
            if number not in found or found[number][0] < when:
                found[number] = (when, value)
        pause()
    return found


def _slices(readers: Iterable[ValueReader], pause: Pause) -> Iterator[tuple[list[int], tuple[float, ...]]]:
    for reader in readers:
        series, values = reader.series, reader.values()
        if len(series) <= SLICE:
            yield series, values
            pause()
            continue
        for start in range(0, len(series), SLICE):
            yield series[start : start + SLICE], values[start : start + SLICE]
            pause()


def _sum(readers: Iterable[ValueReader], size: int, pause: Pause) -> Totals:
    totals = [0.0] * size
    present: set[int] = set()
    for series, values in _slices(readers, pause):
        present.update(series)
        for number, value in zip(series, values, strict=False):
            totals[number] += value
    return {number: totals[number] for number in present}


def _choose(readers: Iterable[ValueReader], choose: Callable[[float, float], float], pause: Pause) -> Totals:
    totals: Totals = {}
    for series, values in _slices(readers, pause):
        for number, value in zip(series, values, strict=False):
            totals[number] = choose(totals[number], value) if number in totals else value
    return totals


_CHOICES: dict[str, Callable[[float, float], float]] = {"min": min, "max": max}
