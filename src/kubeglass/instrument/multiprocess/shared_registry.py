"""Write the metrics of all processes of an application as lines."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    Summary,
)
from prometheus_client.core import Metric as Family

from kubeglass.catalog import GC_METRICS
from kubeglass.instrument.multiprocess.compaction import LEADER_LOCK_NAME, Limits, compact_dead
from kubeglass.instrument.multiprocess.folder import Folder, Readers
from kubeglass.instrument.multiprocess.series_table import Bound, Labels, SeriesTable
from kubeglass.instrument.multiprocess.value_reader import PER_PROCESS, ValueReader, is_locked
from kubeglass.instrument.registration import registries
from kubeglass.instrument.storage.multiprocess_folder import folder_name
from kubeglass.instrument.text.encoding import Pause
from kubeglass.instrument.text.format import Format, format_number, sample_text, write_family
from kubeglass.instrument.text.http_collector import HttpCollector, build_info, exemplars_of
from kubeglass.instrument.text.registry import PYTHON, collectors_of, limits_of, names_in, sample_gauges, write_registry

logger = logging.getLogger("kubeglass.instrument")

#: Collectors whose values are in the folder, or that are asked for each process.
IN_FOLDER = (HttpCollector, Counter, Gauge, Histogram, Summary, GCCollector, ProcessCollector)

GC_FAMILIES = {metric.name.removesuffix("_total") for metric in GC_METRICS}

#: The bound of a histogram's last bucket.
LAST_BOUND = "+Inf"


class SharedRegistry:
    """A registry whose values, and those of other processes, are in the multiprocess folder.

    Args:
        registry: the registry; its other collectors, such as an application's own, are asked in this process.
        folder: the multiprocess folder.
        python_metrics: whether metrics of the Python runtime are shown.
    """

    def __init__(self, registry: CollectorRegistry, folder: Path, *, python_metrics: bool = True) -> None:
        self._registry = registry
        self._python_metrics = python_metrics
        self._common = SharedValues(folder)
        self._own: SharedValues | None = None

    def write(self, format_: Format) -> Iterator[str]:
        """Yield the lines of shared values, and of what only this process knows."""
        sample_gauges(self._registry)
        own = [found for found in collectors_of(self._registry) if isinstance(found, HttpCollector)]
        for collector in own:
            collector.avoid_taken_names()
        exemplars = {text: trace for found in own for text, trace in exemplars_of(found).items()}
        scrape = Scrape(format_, exemplars if format_.is_open else {}, limits=limits_of(self._registry))
        name = folder_name(self._registry)
        if name:
            # Not known earlier: the page may be made before the application is instrumented.
            self._own = self._own or SharedValues(self._common.path / name)
            yield from self._own.write(scrape)
        hidden = names_elsewhere(self._registry) | (set() if self._python_metrics else GC_FAMILIES)
        common = replace(scrape, families=scrape.families | hidden, limits=limits_of(REGISTRY))
        yield from self._common.write(common)
        yield from write_processes(sorted(scrape.pids), format_, common.families - hidden)
        yield from write_family(build_info(), format_)
        yield from write_registry(self._registry, format_, IN_FOLDER + (() if self._python_metrics else PYTHON))


def names_elsewhere(registry: CollectorRegistry) -> set[str]:
    """Return the names of families in the common folder that belong to other registries.

    A family that no registry of this process knows is shown everywhere: another worker may have made it.
    """
    names: set[str] = set()
    for other in registries():
        if other is not registry:
            names |= set(names_in(other)) | set(limits_of(other))
    names -= set(names_in(registry))
    own = set(limits_of(registry))
    names = names | own if folder_name(registry) else names - own
    return names - GC_FAMILIES


def write_processes(pids: Iterable[int], format_: Format, shown: Container[str] = ()) -> Iterator[str]:
    """Yield the lines of these processes' metrics but for families ``shown`` already; none where there is no /proc."""
    families: dict[str, Family] = {}
    for pid in pids:
        for found in ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect():  # type: ignore[misc]
            family = families.setdefault(found.name, Family(found.name, found.documentation, found.type))
            for sample in found.samples:
                family.add_sample(sample.name, {"pid": str(pid)}, sample.value)
    for family in families.values():
        if family.name not in shown:
            yield from write_family(family, format_)


@dataclass(frozen=True, slots=True)
class Scrape:
    """One scrape of all processes.

    Args:
        format_: the format it asked for.
        exemplars: what follows a bucket's value, by the text before it.
        families: names of the families that were written, or are to be left out.
        pids: the living processes, once the folder was read.
        limits: how many series a family may have in the totals of dead processes.
    """

    format_: Format
    exemplars: Mapping[str, str]
    families: set[str] = field(default_factory=set)
    pids: set[int] = field(default_factory=set)
    limits: Limits = field(default_factory=dict)


class Kept(NamedTuple):
    """What one process keeps between scrapes, guarded by ``busy``; a fork gets its own, even in the middle of one."""

    pid: int
    busy: threading.Lock
    folder: Folder


class SharedValues:
    """One multiprocess folder, scraped again and again; ``pause`` is that of :class:`Folder`."""

    def __init__(self, path: Path, *, pause: Pause | None = None) -> None:
        self.path = path
        self._pause = pause
        self._kept = self._keep()
        self._has_complained = False

    def _keep(self) -> Kept:
        return Kept(os.getpid(), threading.Lock(), Folder(self.path, pause=self._pause))

    def write(self, scrape: Scrape) -> Iterator[str]:
        """Yield the lines of every family in the folder.

        Raises:
            InstrumentationError: the folder cannot be read.
        """
        kept = self._kept
        if kept.pid != os.getpid():
            kept = self._kept = self._keep()
        # A second scrape at the same time reads everything again. It cannot wait: under gevent it would wait for a
        # greenlet of its own thread.
        if not kept.busy.acquire(blocking=False):
            yield from self._write(self._keep().folder, scrape)
            return
        try:
            yield from self._write(kept.folder, scrape)
        finally:
            kept.busy.release()

    def _write(self, folder: Folder, scrape: Scrape) -> Iterator[str]:
        found = folder.read()
        for kind, readers in found.items():
            scrape.pids.update(reader.name.pid for reader in readers if reader.is_alive)
            yield from write_kind(folder, kind, readers, scrape)
        self._compact(folder, found, scrape)

    def _compact(self, folder: Folder, readers: Readers, scrape: Scrape) -> None:
        # A process that compacts in the background will do it soon, and without delaying a scrape.
        if not folder.has_dead or is_locked(self.path / LEADER_LOCK_NAME, if_missing=False):
            return
        try:
            compact_dead(folder, scrape.limits, readers)
        except OSError as error:
            if not self._has_complained:
                self._has_complained = True
                logger.warning("%s: cannot compact the files of ended workers: %s", self.path, error)


def write_kind(folder: Folder, kind: str, readers: list[ValueReader], scrape: Scrape) -> Iterator[str]:
    """Yield the lines of those families of one kind that were not written for another."""
    table = folder.tables[kind]
    totals = None if kind in PER_PROCESS else folder.totals(kind, readers)
    hidden = hidden_buckets(table, readers) if kind == "histogram" else frozenset[int]()
    for family in table.families:
        if family in scrape.families:
            continue
        scrape.families.add(family)
        if totals is None:
            yield from write_per_process(table, family, readers, scrape.format_)
        else:
            yield from table.write(family, totals, scrape.format_, scrape.exemplars, hidden, folder.pause)


def hidden_buckets(table: SeriesTable, readers: Iterable[ValueReader]) -> frozenset[int]:
    """Return the numbers of buckets whose totals would be too small.

    After an application's buckets were changed, a bucket that not every living process has would lack what the others
    counted. Those they share are right, whatever dead processes had: counts are added up from the smallest bound.
    """
    hidden: set[Bound] = set()
    for reader in readers:
        missing = table.every_bound - reader.bounds
        if missing and reader.is_alive:
            # The last bucket is made last: a process without it is still making them.
            families = {family for family, bound in reader.bounds if bound == LAST_BOUND}
            hidden |= {bound for bound in missing if bound[0] in families}
    return frozenset(number for number, bound in enumerate(table.bounds) if bound in hidden) if hidden else frozenset()


def write_per_process(table: SeriesTable, family: str, readers: list[ValueReader], format_: Format) -> Iterator[str]:
    """Yield the lines of a gauge family that is shown for each process, with a ``pid`` label."""
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
    """Add a process's ``pid`` label; the application's own becomes ``exported_pid``, as in Prometheus."""
    own = tuple(("exported_pid" if name == "pid" else name, value) for name, value in labels)
    return (*own, ("pid", str(pid)))
