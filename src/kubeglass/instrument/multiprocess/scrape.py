"""All processes' metrics as lines, and folding on the way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kubeglass.instrument.exposition.formats import Format
from kubeglass.instrument.exposition.labels import sample_text
from kubeglass.instrument.exposition.numbers import format_number
from kubeglass.instrument.multiprocess.file_name import PER_PROCESS
from kubeglass.instrument.multiprocess.fold import fold_dead
from kubeglass.instrument.multiprocess.folder import Folder, Reading
from kubeglass.instrument.multiprocess.layout import Layout
from kubeglass.instrument.multiprocess.reader import ValueReader

logger = logging.getLogger("kubeglass.instrument")


@dataclass(frozen=True, slots=True)
class Scrape:
    """One scrape of all processes.

    Args:
        format_: what it asked for.
        exemplars: what follows a bucket's value, by the text before it.
        families: names of the families it has been given.
        pids: the living processes, once the folder was read.
    """

    format_: Format
    exemplars: Mapping[str, str]
    families: set[str] = field(default_factory=set)
    pids: list[int] = field(default_factory=list)


class SharedValues:
    """One multiprocess folder, scraped again and again.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._busy = threading.Lock()
        self._kept = (Folder(path), dict[str, Layout]())
        self._has_complained = False

    def write(self, scrape: Scrape) -> Iterator[str]:
        """Yield the lines of every family in the folder.

        Raises:
            InstrumentationError: the folder cannot be read.
        """
        # What is kept serves one scrape at a time; another that comes meanwhile reads everything anew. Waiting is no
        # way out: under gevent the one waited for may be a greenlet of this very thread.
        is_first = self._busy.acquire(blocking=False)
        folder, layouts = self._kept if is_first else (Folder(self.path), {})
        try:
            reading = folder.read()
            scrape.pids.extend(reading.pids)
            for kind, readers in reading.readers.items():
                layout = layouts.setdefault(kind, Layout(folder.tables[kind], kind.split("_")[0]))
                yield from write_kind(folder, layout, kind, readers, scrape)
            self._fold(folder, reading)
        finally:
            if is_first:
                self._busy.release()

    def _fold(self, folder: Folder, reading: Reading) -> None:
        if not reading.dead:
            return
        try:
            fold_dead(folder)
        except OSError as error:
            if not self._has_complained:
                self._has_complained = True
                logger.warning("%s: ended workers' files stay, they cannot be folded: %s", self.path, error)


def write_kind(folder: Folder, layout: Layout, kind: str, readers: list[ValueReader], scrape: Scrape) -> Iterator[str]:
    """Yield the lines of the families of one kind that no other kind has."""
    totals = None if kind in PER_PROCESS else folder.totals(kind, readers)
    for family in layout.families():
        if family in scrape.families:
            continue
        scrape.families.add(family)
        if totals is None:
            yield from write_per_process(layout, family, readers, scrape.format_)
        else:
            yield from layout.write(family, totals, scrape.format_, scrape.exemplars)


def write_per_process(layout: Layout, family: str, readers: list[ValueReader], format_: Format) -> Iterator[str]:
    """Yield the lines of a gauge family that is shown for each process, with a ``pid`` label."""
    table = layout.table
    lines = [
        f"{sample_text(identity.sample, (*identity.labels, ('pid', str(reader.name.pid))))} {format_number(value)}\n"
        for reader in readers
        for number, value in zip(reader.series, reader.values(), strict=False)
        if (identity := table.identities[number]).family == family
    ]
    if lines:
        yield format_.head(family, "gauge", table.helps[family])
        yield from lines
