"""Write the metrics of all processes as lines."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kubeglass.instrument.multiprocess.cardinality_limit import Limits
from kubeglass.instrument.multiprocess.compaction import LEADER_LOCK_NAME, compact_dead
from kubeglass.instrument.multiprocess.folder import Folder, Reading
from kubeglass.instrument.multiprocess.layout import Layout, hidden_buckets
from kubeglass.instrument.multiprocess.liveness import PER_PROCESS, is_locked
from kubeglass.instrument.multiprocess.reader import ValueReader
from kubeglass.instrument.multiprocess.series_table import Labels
from kubeglass.instrument.text.encoding import Pause
from kubeglass.instrument.text.format import Format, format_number, sample_text

logger = logging.getLogger("kubeglass.instrument")


@dataclass(frozen=True, slots=True)
class Scrape:
    """One scrape of all processes.

    Args:
        format_: what it asked for.
        exemplars: what follows a bucket's value, by the text before it.
        families: names of the families it has been given, or is not to be given.
        pids: the living processes, once the folder was read.
        limits: how many series a family may have in the totals of the dead.
    """

    format_: Format
    exemplars: Mapping[str, str]
    families: set[str] = field(default_factory=set)
    pids: set[int] = field(default_factory=set)
    limits: Limits = field(default_factory=dict)


class Kept:
    """What one process keeps from scrape to scrape: its own, since a fork may come in the middle of one.

    Args:
        path: the folder.
        pause: gives others their turn.
    """

    def __init__(self, path: Path, pause: Pause | None) -> None:
        self.pid = os.getpid()
        self.busy = threading.Lock()
        self.folder = Folder(path, pause=pause)
        self.layouts: dict[str, Layout] = {}


class SharedValues:
    """One multiprocess folder, scraped again and again.

    Args:
        path: the folder.
        pause: called every millisecond or so, and after each file; gives others their turn.
    """

    def __init__(self, path: Path, *, pause: Pause | None = None) -> None:
        self.path = path
        self._pause = pause
        self._kept = Kept(path, pause)
        self._has_complained = False

    def write(self, scrape: Scrape) -> Iterator[str]:
        """Yield the lines of every family in the folder.

        Raises:
            InstrumentationError: the folder cannot be read.
        """
        kept = self._kept
        if kept.pid != os.getpid():
            kept = self._kept = Kept(self.path, self._pause)
        # The kept state serves one scrape at a time; a concurrent scrape reads everything again. Waiting is no
        # way out: under gevent the one waited for may be a greenlet of this very thread.
        if not kept.busy.acquire(blocking=False):
            yield from self._write(Kept(self.path, self._pause), scrape)
            return
        try:
            yield from self._write(kept, scrape)
        finally:
            kept.busy.release()

    def _write(self, kept: Kept, scrape: Scrape) -> Iterator[str]:
        folder = kept.folder
        reading = folder.read()
        scrape.pids.update(reading.pids)
        for kind, readers in reading.readers.items():
            layout = kept.layouts.setdefault(kind, Layout(folder.tables[kind], kind.split("_")[0]))
            yield from write_kind(folder, layout, kind, readers, reading.living.get(kind, []), scrape)
        self._compact(folder, reading, scrape)

    def _compact(self, folder: Folder, reading: Reading, scrape: Scrape) -> None:
        # Whoever compacts in the background does it soon, without keeping a scrape waiting.
        if not reading.dead or is_locked(self.path / LEADER_LOCK_NAME, if_missing=False):
            return
        try:
            compact_dead(folder, scrape.limits, reading.living)
        except OSError as error:
            if not self._has_complained:
                self._has_complained = True
                logger.warning("%s: cannot compact the files of ended workers: %s", self.path, error)


def write_kind(
    folder: Folder, layout: Layout, kind: str, readers: list[ValueReader], living: list[ValueReader], scrape: Scrape
) -> Iterator[str]:
    """Yield the lines of the families of one kind that no other kind has."""
    totals = None if kind in PER_PROCESS else folder.totals(kind, readers)
    hidden = hidden_buckets(layout.table, living) if kind == "histogram" else frozenset[int]()
    for family in layout.families(folder.pause):
        if family in scrape.families:
            continue
        scrape.families.add(family)
        if totals is None:
            yield from write_per_process(layout, family, readers, scrape.format_)
        else:
            yield from layout.write(family, totals, scrape.format_, scrape.exemplars, hidden)


def write_per_process(layout: Layout, family: str, readers: list[ValueReader], format_: Format) -> Iterator[str]:
    """Yield the lines of a gauge family that is shown for each process, with a ``pid`` label."""
    table = layout.table
    lines = [
        f"{sample_text(identity.sample, label_process(identity.labels, reader.name.pid))} {format_number(value)}\n"
        for reader in readers
        for number, value in zip(reader.series, reader.values(), strict=False)
        if (identity := table.identities[number]).family == family
    ]
    if lines:
        yield format_.head(family, "gauge", table.helps[family])
        yield from lines


def label_process(labels: Labels, pid: int) -> Labels:
    """Return the labels of a process's sample; a ``pid`` of the application's own gets Prometheus's word for such."""
    own = tuple(("exported_pid" if name == "pid" else name, value) for name, value in labels)
    return (*own, ("pid", str(pid)))
