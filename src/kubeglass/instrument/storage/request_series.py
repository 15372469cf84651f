"""The series that one kind of request is added to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from threading import RLock

from kubeglass.instrument.storage.children import HistogramChild, Value

#: The most pending requests of a series: enough to make each cheap, few enough to delay none.
MOST_PENDING = 100


class RequestSeries:
    """The series of requests with the same method, route, status and extra labels.

    Args:
        requests: the counter's child.
        duration: the histogram's child.
        sizes: the children for request and response sizes, if they are measured.
        lock: guards additions.
    """

    __slots__ = ("_lock", "add", "duration", "pending", "requests", "sizes")

    def __init__(
        self,
        requests: Value,
        duration: HistogramChild,
        sizes: tuple[HistogramChild, HistogramChild] | None,
        lock: RLock,
    ) -> None:
        #: Adds a request with a duration in seconds; returns the number of its bucket.
        self.add = make_adder(requests, duration, lock)
        self.requests = requests
        self.duration = duration
        self.sizes = sizes
        self._lock = lock
        #: Durations in seconds to be added later. Adding them together is faster, and unnoticed for values in memory.
        self.pending: list[float] = []

    def add_pending(self) -> None:
        """Add the pending requests; other threads may append more meanwhile."""
        with self._lock:
            durations = self.pending[:]
            del self.pending[: len(durations)]
            self.requests.add(float(len(durations)))
            self.duration.observe_all(durations)


def make_adder(requests: Value, duration: HistogramChild, lock: RLock) -> Callable[[float], int]:
    """Return a function that counts a request and its duration under one lock.

    Everything it needs is bound in advance, which makes it three times as fast as methods of the children. A ``with``
    statement takes three times as long as the two calls it stands for.
    """
    count, count_at = requests.cell.view, requests.cell.index
    total, total_at = duration.total.view, duration.total.index
    buckets = tuple((bucket.view, bucket.index) for bucket in duration.buckets)
    bounds, find, acquire, release = duration.bounds, bisect_left, lock.acquire, lock.release

    def add(seconds: float) -> int:
        number = find(bounds, seconds)
        view, index = buckets[number]
        acquire()
        try:
            count[count_at] += 1.0
            total[total_at] += seconds
            view[index] += 1.0
        finally:
            release()
        return number

    return add
