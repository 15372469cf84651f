"""One scrape of a folder with 8 workers of 1,000 series each and what 200 dead workers left.

Target: at least 10 times as fast as prometheus_client's multiprocess collector on the same state.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector
from rounds import measure, write_result

from kubeglass.instrument.exposition.formats import TEXT_0_0_4
from kubeglass.instrument.exposition.pieces import join_lines
from kubeglass.instrument.multiprocess.scrape import Scrape, SharedValues

WORKERS, DEAD, SERIES = 8, 200, 1000
#: Above the greatest pid that Linux gives.
DEAD_PID = 1 << 22
ROUNDS = 7
METHOD = (
    f"medians of {ROUNDS} interleaved rounds over the same files, in prometheus_client's format; the first scrape of a"
    " folder parses every file and folds the dead's, every other reads every living worker's values anew"
)


def write_worker(folder: Path, pid: int) -> None:
    """Write a worker's files: half of its series counters, the other half buckets and sums of histograms."""
    counters, histograms = (MmapedDict(str(folder / f"{kind}_{pid}.db")) for kind in ("counter", "histogram"))
    for number in range(SERIES // 2):
        labels = ["GET", f"/products/{number}", "200"]
        key = mmap_key("requests", "requests_total", ["method", "endpoint", "status"], labels, "Requests.")
        counters.write_value(key, float(number), 0.0)
    for number in range(SERIES // 20):
        names, values = ["method", "endpoint"], ["GET", f"/products/{number}"]
        histograms.write_value(mmap_key("took", "took_sum", names, values, "Duration."), 1.0, 0.0)
        for bound in ("0.005", "0.01", "0.05", "0.1", "0.5", "1.0", "5.0", "10.0", "+Inf"):
            key = mmap_key("took", "took_bucket", [*names, "le"], [*values, bound], "Duration.")
            histograms.write_value(key, 1.0, 0.0)
    counters.close()
    histograms.close()


def start_workers() -> list[int]:
    """Start processes that only live, so that their files are living workers'."""
    pids = []
    for _ in range(WORKERS):
        pid = os.fork()
        if not pid:
            signal.pause()
        pids.append(pid)
    return pids


def prometheus_client(folder: Path) -> bytes:
    """Scrape as prometheus_client does."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))
    return generate_latest(registry)


def timed(scrape: Callable[[], object]) -> Callable[[], float]:
    """Return a function that scrapes once and tells the milliseconds of processor time."""

    def run() -> float:
        began = time.thread_time()
        scrape()
        return (time.thread_time() - began) * 1e3

    return run


def write_all(values: SharedValues) -> bytes:
    """Scrape as kubeglass does, in prometheus_client's format."""
    return join_lines(values.write(Scrape(TEXT_0_0_4, {})))


def scrape_first(original: Path, folder: Path) -> float:
    """Scrape the same state for the first time: parse every file, fold the dead."""
    shutil.rmtree(folder)
    shutil.copytree(original, folder)
    return timed(lambda: write_all(SharedValues(folder)))()


def measure_scrapes(pids: list[int], root: Path) -> None:
    """Write the state, measure and write the result.

    Args:
        pids: the living workers.
        root: an empty folder for the state and its copies.
    """
    original, folder, settled = root / "original", root / "first", root / "settled"
    for empty in (original, folder):
        empty.mkdir()
    for pid in (*range(DEAD_PID, DEAD_PID + DEAD), *pids):
        write_worker(original, pid)
    shutil.copytree(original, settled)
    kept = SharedValues(settled)
    write_all(kept)
    runs = {
        "prometheus_client": timed(lambda: prometheus_client(original)),
        "kubeglass, first scrape": lambda: scrape_first(original, folder),
        "kubeglass, every other scrape": timed(lambda: write_all(kept)),
    }
    figures = measure(runs, rounds=ROUNDS, unit="ms of processor time")
    theirs = figures["prometheus_client"].median
    write_result(
        "library_multiprocess_scrape",
        claim="8 workers of 1,000 series and 200 dead workers' files: at least 10 times as fast as prometheus_client",
        method=METHOD,
        figures=figures,
        derived={
            **{f"prometheus_client / {name}": theirs / figures[name].median for name in list(runs)[1:]},
            "files before": float(len(list(original.glob("*.db")))),
            "files after": float(len(list(settled.glob("*.db")))),
        },
    )


def main() -> None:
    """Measure beside living workers and end them."""
    pids = start_workers()
    try:
        with tempfile.TemporaryDirectory() as root:
            measure_scrapes(pids, Path(root))
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
