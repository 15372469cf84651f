"""One scrape of a folder with 8 workers of 1,000 series each and what 200 dead workers left.

Target: at least 10 times as fast as prometheus_client's multiprocess collector on the same state. Every living worker's
values change before every scrape, as they do in an application that somebody uses.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families
from rounds import count_rounds, judge, measure, write_result
from workers import DEAD, DEAD_PID, Workers, living, write_dead

from kubeglass.instrument.multiprocess.compaction import compact_dead
from kubeglass.instrument.multiprocess.folder import Folder
from kubeglass.instrument.multiprocess.shared_registry import Scrape, SharedValues
from kubeglass.instrument.text.encoding import join_lines
from kubeglass.instrument.text.format import TEXT_0_0_4

ROUNDS = count_rounds(9)
TARGET = 10
THEIRS, THEIRS_COMPACTED = "prometheus_client", "prometheus_client, on the compacted files"
FIRST, STEADY = "kubeglass, first scrape after 200 workers have died", "kubeglass, every other scrape"
UNSEEN = "kubeglass, first scrape where no worker has seen to the dead"
COMPACTION = "kubeglass, compacting 200 dead workers in the background"
NEW, ONE_DEAD = "kubeglass, a new worker's first scrape", "kubeglass, a scrape after one more worker has died"


def prometheus_client(folder: Path) -> bytes:
    """Scrape as prometheus_client does."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))
    return generate_latest(registry)


def kubeglass(values: SharedValues) -> bytes:
    """Scrape as this library does, in the same format."""
    return join_lines(values.write(Scrape(TEXT_0_0_4, {})))


def timed(scrape: Callable[[], object], prepare: Callable[[], object]) -> Callable[[], float]:
    """Return a function that prepares, scrapes once and tells the milliseconds of processor time of the scrape."""

    def run() -> float:
        prepare()
        began = time.thread_time()
        scrape()
        return (time.thread_time() - began) * 1e3

    return run


class Folders:
    """The same state twice: as the dead left it, and compacted.

    Args:
        root: an empty folder.
        pids: the living workers.
    """

    def __init__(self, root: Path, pids: list[int]) -> None:
        self.original, self.settled, self._copies = root / "original", root / "settled", root / "copies"
        for folder in (self.original, self._copies):
            folder.mkdir()
        write_dead(self.original)
        self.workers = Workers(self.original, pids)
        self.files_before = count_files(self.original)
        shutil.copytree(self.original, self.settled)
        self.settled_workers = Workers(self.settled, pids)
        self.kept = SharedValues(self.settled)
        kubeglass(self.kept)
        self.files_after = count_files(self.settled)
        self._pids = count(DEAD_PID + DEAD)

    def copy(self) -> None:
        """Restore the state before a first scrape, which changes it."""
        self.workers.answer()
        shutil.rmtree(self._copies)
        shutil.copytree(self.original, self._copies)

    def scrape_copy(self) -> bytes:
        """Scrape the state for the first time: parse every file, compact the dead."""
        return kubeglass(SharedValues(self._copies))

    def compact_copy(self) -> None:
        """Compact the state as the thread of a living worker does, without its rests."""
        compact_dead(Folder(self._copies))

    def copy_compacted(self) -> None:
        """Restore the state and compact the dead workers' files before anybody scrapes."""
        self.copy()
        self.compact_copy()

    def one_more_dies(self) -> None:
        """Leave one more dead worker's files between two scrapes."""
        self.settled_workers.answer()
        write_dead(self.settled, 1, next(self._pids))

    def check(self) -> None:
        """Assert that both ways say the same of what has just changed."""
        self.settled_workers.answer()
        assert samples(prometheus_client(self.settled)) == samples(kubeglass(self.kept))


def samples(body: bytes) -> set[tuple[str, tuple[tuple[str, str], ...], float]]:
    """Return what a scrape says, without an order."""
    return set(read_samples(body))


def read_samples(body: bytes) -> Iterator[tuple[str, tuple[tuple[str, str], ...], float]]:
    """Yield name, labels and value of every sample."""
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            yield sample.name, tuple(sorted(sample.labels.items())), sample.value


def count_files(folder: Path) -> float:
    """Return how many value files a folder has."""
    return float(len(list(folder.glob("*.db"))))


def make_runs(folders: Folders) -> dict[str, Callable[[], float]]:
    """Return what is measured, by name."""
    answer, answer_settled = folders.workers.answer, folders.settled_workers.answer
    return {
        THEIRS: timed(lambda: prometheus_client(folders.original), answer),
        FIRST: timed(folders.scrape_copy, folders.copy_compacted),
        COMPACTION: timed(folders.compact_copy, folders.copy),
        UNSEEN: timed(folders.scrape_copy, folders.copy),
        STEADY: timed(lambda: kubeglass(folders.kept), answer_settled),
        ONE_DEAD: timed(lambda: kubeglass(folders.kept), folders.one_more_dies),
        NEW: timed(lambda: kubeglass(SharedValues(folders.settled)), answer_settled),
        THEIRS_COMPACTED: timed(lambda: prometheus_client(folders.settled), answer_settled),
    }


def measure_scrapes(folders: Folders) -> None:
    """Measure and write the result."""
    folders.check()
    figures = measure(make_runs(folders), rounds=ROUNDS, unit="ms of processor time")
    folders.check()
    theirs = figures[THEIRS].median
    ratios = {name: theirs / figures[name].median for name in (STEADY, ONE_DEAD, NEW, FIRST, UNSEEN)}
    write_result(
        "library_multiprocess_scrape",
        claim=(
            f"8 workers of 1,000 series and 200 dead workers' files: at least {TARGET} times as fast as"
            f" prometheus_client on the same state. Every scrape but the first: {judge(ratios[STEADY], TARGET)}; a new"
            f" worker's first scrape: {judge(ratios[NEW], TARGET)}; the first scrape after 200 workers have died, whose"
            f" files a living worker has compacted: {judge(ratios[FIRST], TARGET)}"
        ),
        method=(
            f"medians of {ROUNDS} interleaved rounds over the same files, in prometheus_client's format; before each"
            " scrape every living worker changes all its values, and both ways are checked to say the same"
        ),
        figures=figures,
        derived={
            **{f"prometheus_client / {name}": ratio for name, ratio in ratios.items()},
            f"prometheus_client on the compacted files / {STEADY}": figures[THEIRS_COMPACTED].median
            / figures[STEADY].median,
            "files before": folders.files_before,
            "files after": folders.files_after,
        },
    )


def main() -> None:
    """Measure beside living workers."""
    with living() as pids, tempfile.TemporaryDirectory() as root:
        measure_scrapes(Folders(Path(root), pids))


if __name__ == "__main__":
    main()
