"""The folder of a large gunicorn: 8 living workers with 1,000 series each and what 200 dead workers left.

Everything is in prometheus_client's own format, since its collector has to read the same files.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict, mmap_key

WORKERS, DEAD, SERIES = 8, 200, 1000
#: Above the greatest pid that Linux gives.
DEAD_PID = 1 << 22
BOUNDS = ("0.005", "0.01", "0.05", "0.1", "0.5", "1.0", "5.0", "10.0", "+Inf")


def series_keys() -> dict[str, list[str]]:
    """Return a worker's keys by kind: half of its series counters, the other half buckets and sums of histograms."""
    labels = ["method", "endpoint", "status"]
    counters = [
        mmap_key("requests", "requests_total", labels, ["GET", f"/products/{number}", "200"], "Requests.")
        for number in range(SERIES // 2)
    ]
    histograms = []
    for number in range(SERIES // 20):
        names, values = ["method", "endpoint"], ["GET", f"/products/{number}"]
        histograms.append(mmap_key("took", "took_sum", names, values, "Duration."))
        histograms += [
            mmap_key("took", "took_bucket", [*names, "le"], [*values, bound], "Duration.") for bound in BOUNDS
        ]
    return {"counter": counters, "histogram": histograms}


class Worker:
    """A worker's files, open as its process would have them.

    Args:
        folder: the multiprocess folder.
        pid: the worker's process id, or one that no process has.
    """

    def __init__(self, folder: Path, pid: int) -> None:
        self._keys = series_keys()
        self._files = {kind: MmapedDict(str(folder / f"{kind}_{pid}.db")) for kind in self._keys}  # type: ignore[no-untyped-call]
        self._answered = 0.0
        self.answer()

    def answer(self) -> None:
        """Count: every value of the worker is another than before."""
        self._answered += 1.0
        for kind, keys in self._keys.items():
            for key in keys:
                self._files[kind].write_value(key, self._answered, 0.0)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Close the files; their process may live on."""
        for file in self._files.values():
            file.close()  # type: ignore[no-untyped-call]


class Workers:
    """The living workers of one folder.

    Args:
        folder: the multiprocess folder.
        pids: their processes.
    """

    def __init__(self, folder: Path, pids: list[int]) -> None:
        self._workers = [Worker(folder, pid) for pid in pids]

    def answer(self) -> None:
        """Have every worker count, as between two scrapes."""
        for worker in self._workers:
            worker.answer()


def write_dead(folder: Path, count: int = DEAD, first: int = DEAD_PID) -> None:
    """Write what dead workers left: so many of them, with pids from ``first`` on."""
    keys_of_one = folder / "of-one"
    keys_of_one.mkdir()
    Worker(keys_of_one, first).close()
    for pid in range(first, first + count):
        for kind in series_keys():
            shutil.copyfile(keys_of_one / f"{kind}_{first}.db", folder / f"{kind}_{pid}.db")
    shutil.rmtree(keys_of_one)


@contextmanager
def living() -> Iterator[list[int]]:
    """Start processes that only live, so that files with their pids are living workers'; end them afterwards."""
    pids = []
    for _ in range(WORKERS):
        pid = os.fork()
        if not pid:
            signal.pause()
        pids.append(pid)
    try:
        yield pids
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
