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


def main() -> None:
    """Measure and write the result."""
    pids = start_workers()
    original, folder, settled = (Path(tempfile.mkdtemp()) for _ in range(3))
    for number in range(DEAD):
        write_worker(original, DEAD_PID + number)
    for pid in pids:
        write_worker(original, pid)

    def timed(scrape: Callable[[], object]) -> Callable[[], float]:
        def run() -> float:
            began = time.thread_time()
            scrape()
            return (time.thread_time() - began) * 1e3

        return run

    def first() -> float:
        """Scrape the same state for the first time: parse everything, fold the dead."""
        shutil.rmtree(folder)
        shutil.copytree(original, folder)
        return timed(lambda: join_lines(SharedValues(folder).write(Scrape(TEXT_0_0_4, {}))))()

    shutil.copytree(original, settled, dirs_exist_ok=True)
    kept = SharedValues(settled)
    join_lines(kept.write(Scrape(TEXT_0_0_4, {})))
    runs = {
        "prometheus_client": timed(lambda: prometheus_client(original)),
        "kubeglass, first scrape": first,
        "kubeglass, every other scrape": timed(lambda: join_lines(kept.write(Scrape(TEXT_0_0_4, {})))),
    }
    figures = measure(runs, rounds=ROUNDS, unit="ms of processor time")
    theirs = figures["prometheus_client"].median
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    write_result(
        "library_multiprocess_scrape",
        claim="8 workers of 1,000 series and 200 dead workers' files: at least 10 times as fast as prometheus_client",
        method=(
            f"medians of {ROUNDS} interleaved rounds over the same files, in prometheus_client's format; the first"
            " scrape of a folder parses every file and folds the dead's, every other finds them folded"
        ),
        figures=figures,
        derived={
            "prometheus_client / kubeglass, every other scrape": theirs
            / figures["kubeglass, every other scrape"].median,
            "prometheus_client / kubeglass, first scrape": theirs / figures["kubeglass, first scrape"].median,
            "files before": float(len(list(original.glob("*.db")))),
            "files after": float(len(list(settled.glob("*.db")))),
        },
    )
    shutil.rmtree(original)
    shutil.rmtree(folder)
    shutil.rmtree(settled)


if __name__ == "__main__":
    main()
