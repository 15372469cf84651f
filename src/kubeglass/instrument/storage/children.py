"""The children of a metric: the cells of one set of label values."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from os import getpid
from time import time

from prometheus_client.mmap_dict import mmap_key
from prometheus_client.utils import floatToGoString

from kubeglass.catalog import Metric, MetricType
from kubeglass.instrument.storage.cells import Cell, Store
from kubeglass.instrument.storage.file_store import FileStore

#: prometheus_client's name for gauges that leave out dead processes.
LIVE_SUM = "gauge_livesum"


class Value:
    """The child of a counter or a gauge.

    ``texts`` caches what precedes the value in an exposition.
    """

    __slots__ = ("cell", "texts")

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.texts: tuple[str, ...] | None = None

    def add(self, amount: float) -> None:
        """Add to the value; the caller holds the store's lock."""
        self.cell.view[self.cell.index] += amount

    def read(self) -> float:
        """Return the value."""
        return self.cell.view[self.cell.index]


class HistogramChild:
    """The child of a histogram.

    Args:
        bounds: upper bounds of the buckets, ascending, the last one infinite.
        total: the sum of the observations.
        buckets: one cell for each bound, not cumulative.
    """

    __slots__ = ("bounds", "buckets", "exemplars", "texts", "total")

    def __init__(self, bounds: tuple[float, ...], total: Cell, buckets: tuple[Cell, ...]) -> None:
        self.bounds = bounds
        self.total = total
        self.buckets = buckets
        self.texts: tuple[str, ...] | None = None
        self.exemplars: dict[int, tuple[str, float, float]] = {}

    def observe(self, amount: float) -> int:
        """Count one observation and return the number of its bucket; the caller holds the store's lock."""
        total = self.total
        total.view[total.index] += amount
        number = bisect_left(self.bounds, amount)
        bucket = self.buckets[number]
        bucket.view[bucket.index] += 1.0
        return number

    def observe_all(self, amounts: list[float]) -> None:
        """Count many observations; the caller holds the store's lock."""
        self.total.view[self.total.index] += sum(amounts)
        for amount in amounts:
            bucket = self.buckets[bisect_left(self.bounds, amount)]
            bucket.view[bucket.index] += 1.0

    def keep_exemplar(self, number: int, trace: str, amount: float) -> None:
        """Keep the trace of a bucket's latest observation."""
        self.exemplars[number] = (trace, amount, time())

    def read(self) -> tuple[float, list[float]]:
        """Return the sum and the count of each bucket, not cumulative."""
        return self.total.view[self.total.index], [bucket.view[bucket.index] for bucket in self.buckets]


def make_value(metric: Metric, names: tuple[str, ...], values: tuple[str, ...], store: Store) -> Value:
    """Make the child of a counter or a gauge."""
    kind = "counter" if metric.type is MetricType.COUNTER else LIVE_SUM
    return Value(store.allocate(kind, _sample_key(metric, metric.name, names, values)))


def make_histogram(metric: Metric, names: tuple[str, ...], values: tuple[str, ...], store: Store) -> HistogramChild:
    """Make the child of a histogram."""
    bounds = (*metric.buckets, float("inf"))
    key: Callable[[float], str] = lambda bound: _sample_key(  # noqa: E731
        metric,
        f"{metric.name}_bucket",
        (*names, "le"),
        (*values, floatToGoString(bound)),  # type: ignore[no-untyped-call]
    )
    total = store.allocate("histogram", _sample_key(metric, f"{metric.name}_sum", names, values))
    return HistogramChild(bounds, total, tuple(store.allocate("histogram", key(bound)) for bound in bounds))


def _sample_key(metric: Metric, sample: str, names: tuple[str, ...], values: tuple[str, ...]) -> str:
    return mmap_key(metric.name.removesuffix("_total"), sample, list(names), list(values), metric.help)


class MemoryProgress:
    """Requests in progress in one process; needs no lock, because a deque's operations are atomic."""

    def __init__(self) -> None:
        requests: deque[None] = deque()
        #: Call with None when a request begins.
        self.begin = requests.append
        #: Call when it ends.
        self.end = requests.pop
        self._count = requests.__len__
        self.texts: tuple[str, ...] | None = None

    def read(self) -> float:
        """Return the number of requests in progress."""
        return float(self._count())


class SharedProgress:
    """Requests in progress, for other processes to read.

    Args:
        value: the gauge's only child.
        store: holds the value.
    """

    def __init__(self, value: Value, store: FileStore) -> None:
        self._value = value
        self._store = store
        self._acquire, self._release = store.lock.acquire, store.lock.release
        self.texts: tuple[str, ...] | None = None

    def read(self) -> float:
        """Return the number of requests in progress."""
        return self._value.read()

    def move(self, value: Value) -> None:
        """Move the count to another child; the caller holds the store's lock."""
        value.add(self._value.read())
        self._value.add(-self._value.read())
        self._value = value

    def begin(self, _: None) -> None:
        """Count one more; the first request of a fork creates its files."""
        if self._store.user != getpid():
            self._store.use()
            self._store.complain()
        self._acquire()
        try:
            cell = self._value.cell
            cell.view[cell.index] += 1.0
        finally:
            self._release()

    def end(self) -> None:
        """Count one less."""
        self._acquire()
        try:
            cell = self._value.cell
            cell.view[cell.index] -= 1.0
        finally:
            self._release()


Progress = MemoryProgress | SharedProgress


def make_progress(metric: Metric, names: tuple[str, ...], values: tuple[str, ...], store: Store) -> Progress:
    """Make the only child of the gauge."""
    if isinstance(store, FileStore):
        return SharedProgress(make_value(metric, names, values, store), store)
    return MemoryProgress()
