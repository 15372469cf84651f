"""The folder as one process sees it: what it has parsed already is kept from scrape to scrape."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from kubeglass.errors import InstrumentationError
from kubeglass.instrument.multiprocess.liveness import TRANSIENT, FileName, dead_owners, parse_name
from kubeglass.instrument.multiprocess.reader import Totals, ValueReader, add_up
from kubeglass.instrument.multiprocess.series_table import SeriesTable
from kubeglass.instrument.text.encoding import Pace, Pause

#: How often a reading starts again because another process compacted in the middle of it. It compacts the dead once.
ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """What the files said at one moment.

    Args:
        readers: the files that count, by kind.
        dead: names of the files of ended processes, among them such as no longer count.
        living: the files of living processes, by kind.
        pids: the living processes.
    """

    readers: dict[str, list[ValueReader]]
    dead: list[FileName]
    living: dict[str, list[ValueReader]]
    pids: list[int]


class Folder:
    """Reads a multiprocess folder. Not for several threads at once.

    Args:
        path: the folder.
        pause: called every millisecond or so, and after each file; gives others their turn.
    """

    def __init__(self, path: Path, *, pause: Pause | None = None) -> None:
        self.path = path
        self.tables: dict[str, SeriesTable] = {}
        self.pause = pause or Pace()
        self._readers: dict[str, ValueReader] = {}

    def read(self) -> Reading:
        """Read every file that counts.

        No lock: the totals of the dead are replaced in one step, together with the list of whom they include, and a
        dead process's file is removed only afterwards. So whoever reads the totals first, and then finds every other
        file it had listed, has counted nobody twice and left nobody out; whoever does not find one begins again.

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
            str(self.path), "its files vanish as fast as they are listed", hint="share it with no other application"
        )

    def totals(self, kind: str, readers: list[ValueReader]) -> Totals:
        """Return the combined values of files of one kind, by number in the kind's table."""
        return add_up(kind, readers, len(self.tables[kind].identities), self.pause)

    def list_dead(self) -> list[FileName]:
        """Name the files of ended processes."""
        names = self._list()
        dead = dead_owners(self.path, names, self.pause)
        return [name for name in names if name.owner in dead]

    def reader(self, name: FileName) -> ValueReader:
        """Return a file's reader, up to date and numbered.

        Raises:
            FileNotFoundError: the file is gone.
        """
        path = self.path / name.name
        known = self._readers.get(name.name)
        # A file that this process has mapped keeps its inode, so another file cannot have the same.
        if known is None or known.inode != path.stat().st_ino:
            known = self._readers[name.name] = ValueReader(path, name)
        known.refresh(self.pause)
        table = self.tables.setdefault(name.kind, SeriesTable())
        if len(known.series) < len(known.keys):
            numbers = table.number_all(known.keys[len(known.series) :], self.pause)
            known.series += numbers
            found = set(map(table.bounds.__getitem__, numbers))
            known.bounds.update(bound for bound in found if bound is not None)
        return known

    def note_rename(self, old: FileName, new: FileName) -> None:
        """Go on with what was parsed of a file that has another name now."""
        if old.name in self._readers:
            reader = self._readers[new.name] = self._readers.pop(old.name)
            reader.path, reader.name = self.path / new.name, new

    def _list(self) -> list[FileName]:
        names = [name for entry in self.path.iterdir() if (name := parse_name(entry.name))]
        return sorted(names, key=lambda name: (not name.is_compacted, name.name))

    def _read_once(self) -> Reading:
        names = self._list()
        dead = dead_owners(self.path, names, self.pause)
        compacted: set[str] = set()
        # A file that a compaction gives its name back has two for a moment.
        inodes: set[int] = set()
        readers: dict[str, list[ValueReader]] = {}
        living: dict[str, list[ValueReader]] = {}
        for name in names:
            if name.name in compacted or (name.owner in dead and name.kind in TRANSIENT):
                continue
            reader = self.reader(name)
            if reader.inode in inodes:
                continue
            inodes.add(reader.inode)
            compacted |= reader.compacted
            readers.setdefault(name.kind, []).append(reader)
            if not name.is_compacted and name.owner not in dead:
                living.setdefault(name.kind, []).append(reader)
        self.forget({name.name for name in names})
        pids = {name.pid for name in names if not name.is_compacted and name.owner not in dead}
        return Reading(readers, [name for name in names if name.owner in dead], living, sorted(pids))

    def forget(self, names: Set[str] = frozenset()) -> None:
        """Forget what was parsed of all files but these, one at a time."""
        for gone in self._readers.keys() - names:
            # Unmapping a file takes longer than one would think.
            del self._readers[gone]
            self.pause()


def _unreadable(path: Path, error: OSError) -> InstrumentationError:
    return InstrumentationError(
        f"PROMETHEUS_MULTIPROC_DIR={path}",
        "workers' values cannot be read there",
        found=error.strerror or str(error),
        hint="give a folder that exists as long as the application runs",
    )
