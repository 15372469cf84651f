"""Read the multiprocess folder, and keep what was parsed from one scrape to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from pathlib import Path

from kubeglass.errors import InstrumentationError
from kubeglass.instrument.multiprocess.series_table import SeriesTable, Totals
from kubeglass.instrument.multiprocess.value_reader import TRANSIENT, FileName, ValueReader, dead_owners, parse_name
from kubeglass.instrument.text.encoding import Pace, Pause

#: How often reading starts again because another process is compacting. It compacts each dead process once.
ATTEMPTS = 20

#: Samples that are added up between two pauses: at most a millisecond's work.
SAMPLES_BETWEEN_PAUSES = 10_000

#: Files by kind.
Readers = dict[str, list[ValueReader]]


class Folder:
    """Reads a multiprocess folder; not thread-safe.

    Args:
        path: the folder.
        pause: called about every millisecond and after each file, to let others run.
    """

    def __init__(self, path: Path, *, pause: Pause | None = None) -> None:
        self.path = path
        self.tables: dict[str, SeriesTable] = {}
        self.pause = pause or Pace()
        #: Whether there were files of dead processes when the folder was last read.
        self.has_dead = False
        self._readers: dict[str, ValueReader] = {}

    def read(self) -> Readers:
        """Read every file that counts, by kind.

        This needs no lock. Totals of dead processes are replaced atomically, together with the list of files that they
        include, and only then are those files removed. So a reader that reads the totals first, and then finds every
        other file it had listed, has counted each process once; if a file is missing, it starts again.

        Raises:
            InstrumentationError: the folder cannot be read.
        """
        for _ in range(ATTEMPTS):
            try:
                return self._read_once()
            except FileNotFoundError as error:
                if not self.path.is_dir():
                    raise _unreadable(self.path, error) from error
            except OSError as error:
                raise _unreadable(self.path, error) from error
        raise InstrumentationError(
            str(self.path), "files disappear while they are read", hint="share the folder with no other application"
        )

    def totals(self, kind: str, readers: list[ValueReader]) -> Totals:
        """Combine the values of files of one kind, as prometheus_client's multiprocess modes define it."""
        mode = kind.removeprefix("gauge_").removeprefix("live")
        if mode == "mostrecent":
            return {number: value for number, (_, value) in latest(readers, self.pause).items()}
        if mode in ("min", "max"):
            return _choose(readers, min if mode == "min" else max, self.pause)
        totals = [0.0] * len(self.tables[kind].identities)
        present: set[int] = set()
        for series, values in _slices(readers, self.pause):
            present.update(series)
            for number, value in zip(series, values, strict=False):
                totals[number] += value
        return {number: totals[number] for number in present}

    def list_dead(self) -> list[FileName]:
        """Return the names of dead processes' files."""
        names, dead = self._list()
        return [name for name in names if name.owner in dead]

    def reader(self, name: FileName) -> ValueReader:
        """Return a file's reader, up to date and numbered.

        Raises:
            FileNotFoundError: the file is gone.
        """
        path = self.path / name.name
        known = self._readers.get(name.name)
        # A mapped file keeps its inode, so a new file cannot have the same.
        if known is None or known.inode != path.stat().st_ino:
            known = self._readers[name.name] = ValueReader(path, name)
        known.refresh(self.pause)
        table = self.tables.setdefault(name.kind, SeriesTable(name.kind))
        if len(known.series) < len(known.keys):
            numbers = table.number_all(known.keys[len(known.series) :], self.pause)
            known.series += numbers
            found = set(map(table.bounds.__getitem__, numbers))
            known.bounds.update(bound for bound in found if bound is not None)
        return known

    def note_rename(self, old: FileName, new: FileName) -> None:
        """Keep what was parsed of a file under its new name."""
        if old.name in self._readers:
            reader = self._readers[new.name] = self._readers.pop(old.name)
            reader.path, reader.name = self.path / new.name, new

    def _list(self) -> tuple[list[FileName], set[str]]:
        names = [name for entry in self.path.iterdir() if (name := parse_name(entry.name))]
        names.sort(key=lambda name: (not name.is_compacted, name.name))
        return names, dead_owners(self.path, names, self.pause)

    def _read_once(self) -> Readers:
        names, dead = self._list()
        readers: Readers = {}
        compacted: set[str] = set()
        # Compaction may leave a file with two names for a moment.
        inodes: set[int] = set()
        for name in names:
            if name.name in compacted or (name.owner in dead and name.kind in TRANSIENT):
                continue
            reader = self.reader(name)
            if reader.inode in inodes:
                continue
            inodes.add(reader.inode)
            compacted |= reader.compacted
            reader.is_alive = not name.is_compacted and name.owner not in dead
            readers.setdefault(name.kind, []).append(reader)
        self.forget({name.name for name in names})
        self.has_dead = bool(dead)
        return readers

    def forget(self, names: Set[str] = frozenset()) -> None:
        """Forget what was parsed of all files but these, with a pause after each: unmapping is slow."""
        for gone in self._readers.keys() - names:
            del self._readers[gone]
            self.pause()


def _unreadable(path: Path, error: OSError) -> InstrumentationError:
    return InstrumentationError(
        f"PROMETHEUS_MULTIPROC_DIR={path}",
        "workers' values cannot be read there",
        found=error.strerror or str(error),
        hint="use a folder that exists as long as the application runs",
    )


def latest(readers: Iterable[ValueReader], pause: Pause) -> dict[int, tuple[float, float]]:
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
