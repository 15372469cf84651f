"""Writing 10,000 series: against prometheus_client's ``generate_latest``, and how long other threads wait meanwhile.

Target: at least 5 times as fast; no other thread held up for more than 10 ms at a stretch, in a multiprocess scrape too.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families
from rounds import Measurement, count_rounds, judge, measure, write_result
from workers import Workers, living, write_dead

from kubeglass.instrument.multiprocess.background_compaction import compact
from kubeglass.instrument.multiprocess.shared_registry import Scrape, SharedValues
from kubeglass.instrument.text.encoding import join_lines
from kubeglass.instrument.text.format import TEXT_0_0_4
from kubeglass.instrument.text.registry import write_registry

ROUNDS = count_rounds(31)
WAIT_ROUNDS = count_rounds(21)
FASTER, LONGEST = 5, 10
OURS = (
    "kubeglass",
    "kubeglass, multiprocess",
    "kubeglass, multiprocess, first scrape after 200 workers have died",
    "kubeglass, compacting 200 dead workers in the background",
)

#: Runs some work and tells the longest wait beside it, in milliseconds.
Wait = Callable[[Callable[[], object]], float]


def make_registry() -> CollectorRegistry:
    """Make a registry of a little over 10,000 lines."""
    registry = CollectorRegistry()
    counter = Counter("requests", "Requests.", ["method", "endpoint", "status"], registry=registry)
    histogram = Histogram("took_seconds", "Duration.", ["method", "endpoint"], registry=registry)
    gauge = Gauge("level", "Level.", ["endpoint"], registry=registry)
    for number in range(450):
        histogram.labels("GET", f"/products/{number}").observe(number / 100)
        gauge.labels(f"/products/{number}").set(number * 1.5)
        for status in ("200", "404"):
            counter.labels("GET", f"/products/{number}", status).inc(number)
    return registry


def longest_wait(work: Callable[[], object]) -> float:
    """Return the milliseconds that a thread which wants to run all the time had to wait at most."""
    gaps: list[float] = []
    is_begun, is_over = threading.Event(), threading.Event()

    def run() -> None:
        last = time.perf_counter()
        while not is_over.is_set():
            time.sleep(0)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now
            is_begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    is_begun.wait()
    gaps.clear()
    work()
    is_over.set()
    thread.join()
    return max(gaps) * 1e3


def longest_stretch(work: Callable[[], object]) -> float:
    """Return the milliseconds of processor time for which the work gives no way: what a greenlet waits at most."""
    turns = [time.thread_time()]
    sleep, time.sleep = time.sleep, lambda _: turns.append(time.thread_time())
    try:
        work()
    finally:
        time.sleep = sleep
    turns.append(time.thread_time())
    return max(after - before for before, after in pairwise(turns)) * 1e3


def compute() -> None:
    """Compute for some 50 ms, as any view does: what a thread waits beside this is Python's own doing."""
    end = time.thread_time() + 0.05
    while time.thread_time() < end:
        sum(range(100))


def timed(write: Callable[[], bytes]) -> Callable[[], float]:
    """Return a function that writes once and tells the milliseconds of processor time."""

    def run() -> float:
        began = time.thread_time()
        write()
        return (time.thread_time() - began) * 1e3

    return run


class Shared:
    """A multiprocess folder as dead workers left it, and the same compacted.

    Args:
        root: an empty folder.
        pids: the living workers.
    """

    def __init__(self, root: Path, pids: list[int]) -> None:
        self.original, self.settled, self.copy = root / "original", root / "settled", root / "copy"
        for folder in (self.original, self.copy):
            folder.mkdir()
        write_dead(self.original)
        self._workers = Workers(self.original, pids)
        shutil.copytree(self.original, self.settled)
        self._settled_workers = Workers(self.settled, pids)
        self._kept = SharedValues(self.settled)
        self._write(self._kept)

    def first(self, wait: Wait) -> float:
        """Return the longest wait beside the first scrape of a folder whose dead a living worker has seen to."""
        self._lay_out()
        compact(self.copy)
        values = SharedValues(self.copy)  # outlives the scrape, as it does in an application
        return wait(lambda: self._write(values))

    def compaction(self, wait: Wait) -> float:
        """Return the longest wait beside a living worker that compacts what the dead left."""
        self._lay_out()
        return wait(lambda: compact(self.copy))

    def _lay_out(self) -> None:
        shutil.rmtree(self.copy)
        shutil.copytree(self.original, self.copy)

    def steady(self, wait: Wait) -> float:
        """Return the longest wait beside every other scrape."""
        self._settled_workers.answer()
        return wait(lambda: self._write(self._kept))

    def theirs(self, wait: Wait) -> float:
        """Return the longest wait beside prometheus_client's scrape of the same folder."""
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(self.original))
        return wait(lambda: generate_latest(registry))

    @staticmethod
    def _write(values: SharedValues) -> bytes:
        return join_lines(values.write(Scrape(TEXT_0_0_4, {})))


def measure_waits(theirs: Callable[[], bytes], ours: Callable[[], bytes], shared: Shared) -> dict[str, Measurement]:
    """Measure how long another thread, and another greenlet, waits beside each kind of scrape."""
    works: dict[str, Callable[[Wait], float]] = {
        "prometheus_client": lambda wait: wait(theirs),
        OURS[0]: lambda wait: wait(ours),
        "prometheus_client, multiprocess": shared.theirs,
        OURS[1]: shared.steady,
        OURS[2]: shared.first,
        OURS[3]: shared.compaction,
    }
    waits = {f"a thread beside {name}": partial(work, longest_wait) for name, work in works.items()}
    waits["a thread beside one that only computes"] = partial(longest_wait, compute)
    stretches = {f"a greenlet beside {name}": partial(work, longest_stretch) for name, work in works.items()}
    return measure(waits, rounds=WAIT_ROUNDS, unit="ms waited at most") | measure(
        stretches, rounds=WAIT_ROUNDS, unit="ms of processor time waited at most"
    )


def write_all(figures: dict[str, Measurement], waits: dict[str, Measurement]) -> None:
    """Write the result."""
    ratio = figures["prometheus_client"].median / figures["kubeglass"].median
    most = {name: max(waits[f"{who} beside {name}"].most or 0 for who in ("a thread", "a greenlet")) for name in OURS}
    verdicts = (f"{name}: target {'met' if most[name] <= LONGEST else 'missed'} ({most[name]:.3g} ms)" for name in OURS)
    write_result(
        "library_exposition",
        claim=(
            f"10,000 series at least {FASTER} times as fast as generate_latest, byte for byte: {judge(ratio, FASTER)}."
            f" Others wait {LONGEST} ms at most, in the worst of all rounds. {'; '.join(verdicts)}"
        ),
        method=(
            f"medians of {ROUNDS} interleaved rounds over one registry of counters, gauges and histograms. A thread's wait"
            f" is the longest gap in one that gives way all the time, in {WAIT_ROUNDS} rounds; Python itself lets it wait"
            f" {sys.getswitchinterval() * 1e3:.0f} ms and a busy machine longer, which the row of a thread that only"
            " computes shows. A greenlet waits until the scrape gives way, so its wait is the longest stretch between"
            " two such moments. Multiprocess: the folder of the benchmark below"
        ),
        figures=figures | waits,
        derived={"prometheus_client / kubeglass": ratio},
    )


def main() -> None:
    """Measure and write the result."""
    registry = make_registry()
    theirs = lambda: generate_latest(registry)  # noqa: E731
    ours = lambda: join_lines(write_registry(registry, TEXT_0_0_4))  # noqa: E731
    assert ours() == theirs()
    assert sum(len(family.samples) for family in text_string_to_metric_families(ours().decode())) > 10_000
    runs = {"prometheus_client": timed(theirs), "kubeglass": timed(ours)}
    with living() as pids, tempfile.TemporaryDirectory() as root:
        shared = Shared(Path(root), pids)
        figures = measure(runs, rounds=ROUNDS, unit="ms of processor time")
        write_all(figures, measure_waits(theirs, ours, shared))


if __name__ == "__main__":
    main()
