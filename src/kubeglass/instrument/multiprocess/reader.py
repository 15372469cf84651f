"""One value file, read again and again: keys are parsed once, values are fetched in one go."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any

from kubeglass.instrument.exposition.pieces import Pause, let_others_run
from kubeglass.instrument.multiprocess.file_name import FileName
from kubeglass.instrument.multiprocess.series_table import Bound
from kubeglass.instrument.value_file import HEADER, LENGTH, VALUE_SIZE

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
        self.folded: frozenset[str] = frozenset()
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
        if self.name.is_folded:
            used = LENGTH.unpack_from(self._map)[0]
            self.folded = frozenset(json.loads(self._map[used:]))

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
