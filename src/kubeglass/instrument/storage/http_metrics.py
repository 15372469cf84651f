"""The HTTP metrics of one registry. No metric has more children than ``max_series`` allows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Generic, TypeVar

from kubeglass import catalog
from kubeglass.catalog import OVERFLOW, Metric
from kubeglass.instrument.options import Options
from kubeglass.instrument.storage.cells import MemoryStore, Store
from kubeglass.instrument.storage.children import (
    HistogramChild,
    Progress,
    SharedProgress,
    Value,
    make_histogram,
    make_progress,
    make_value,
)
from kubeglass.instrument.storage.request_series import MOST_PENDING, RequestSeries

logger = logging.getLogger("kubeglass.instrument")

Child = TypeVar("Child")
ChildMaker = Callable[[Metric, tuple[str, ...], tuple[str, ...], Store], Child]


class BoundedMetric(Generic[Child]):
    """A metric with at most ``max_series`` children, and an overflow child for all further label values.

    Args:
        metric: its entry in the catalog.
        names: label names: the metric's own and the application's extra ones.
        make: makes a child.
        store: allocates the children's cells.
        max_series: the maximum number of children.
    """

    def __init__(
        self, metric: Metric, names: tuple[str, ...], make: ChildMaker[Child], store: Store, max_series: int
    ) -> None:
        self.metric = metric
        self.names = names
        self._make = make
        self._store = store
        self.max_series = max_series
        self._children: dict[tuple[str, ...], Child] = {}
        self._has_overflowed = False

    def child(self, values: tuple[str, ...]) -> Child:
        """Return the child of these label values, or the overflow child when there is no room for a new one."""
        with self._store.lock:
            found = self._children.get(values)
            if found is not None:
                return found
            has_room = len(self._children) < self.max_series
            if has_room:
                child = self._add(values)
            else:
                overflow = (OVERFLOW,) * len(self.names)
                child = self._children.get(overflow) or self._add(overflow)
        # Without the lock: a log handler may wait for a thread that waits for it.
        self._store.complain()
        if not has_room:
            self._warn_once()
        return child

    def rename(self, name: str) -> None:
        """Rename the metric; the caller holds the store's lock."""
        self.metric = replace(self.metric, name=name)
        for child in self._children.values():
            child.texts = None  # type: ignore[attr-defined]

    def items(self) -> Iterator[tuple[tuple[str, ...], Child]]:
        """Return an iterator over label values and children, in the order of their creation."""
        with self._store.lock:
            children = list(self._children.items())
        return iter(children)

    def _add(self, values: tuple[str, ...]) -> Child:
        child = self._children[values] = self._make(self.metric, self.names, values, self._store)
        return child

    def _warn_once(self) -> None:
        if not self._has_overflowed:
            self._has_overflowed = True
            logger.warning(
                "%s: more than %d sets of label values (max_series); further ones are counted under %r",
                self.metric.name,
                self.max_series,
                OVERFLOW,
            )


#: RFC 9110 section 9 and RFC 5789.
STANDARD_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})


AnyChild = Value | HistogramChild | Progress
AnyMetric = BoundedMetric[Value] | BoundedMetric[HistogramChild] | BoundedMetric[Progress]


class HttpMetrics:
    """The HTTP metrics, which applications with the same registry share.

    Args:
        store: holds the values.
        options: buckets, names of extra labels, limits and sizes; other options may differ between applications.
    """

    def __init__(self, store: Store, options: Options) -> None:
        self.store = store
        self.prefix = options.prefix
        #: Called once, before the first series is made: the last moment at which names can change.
        self.before_first_series: Callable[[], None] | None = None
        extra = tuple(options.extra_labels)
        limit = options.max_series

        def counter(metric: catalog.Metric) -> BoundedMetric[Value]:
            return BoundedMetric(named(metric), metric.labels + extra, make_value, store, limit)

        def histogram(metric: catalog.Metric) -> BoundedMetric[HistogramChild]:
            return BoundedMetric(named(metric), metric.labels + extra, make_histogram, store, limit)

        def named(metric: catalog.Metric) -> catalog.Metric:
            return replace(metric, name=options.prefix + metric.name)

        self.requests = counter(catalog.HTTP_REQUESTS)
        self.duration = histogram(replace(catalog.HTTP_REQUEST_DURATION, buckets=options.buckets))
        self.exceptions = counter(catalog.HTTP_REQUEST_EXCEPTIONS)
        self.request_size = histogram(catalog.HTTP_REQUEST_SIZE) if options.sizes else None
        self.response_size = histogram(catalog.HTTP_RESPONSE_SIZE) if options.sizes else None
        self.in_progress = BoundedMetric(named(catalog.HTTP_REQUESTS_IN_PROGRESS), (), make_progress, store, 1)
        self.progress = self.in_progress.child(())
        self._series: dict[tuple[Value, HistogramChild], RequestSeries] = {}
        store.when_renewed.append(self._series.clear)  # they add to cells that have moved
        #: Call with its series and seconds when a request that is in progress ends.
        self.finish = make_finish(self.progress)
        self.probe_requests = BoundedMetric(catalog.PROBE_REQUESTS, (), make_value, store, 1)
        self._probe = self.probe_requests.child(())

    @property
    def prefixed(self) -> list[AnyMetric]:
        """The metrics whose names have the prefix, in the order of exposition."""
        sizes = [metric for metric in (self.request_size, self.response_size) if metric is not None]
        return [self.requests, self.duration, self.in_progress, self.exceptions, *sizes]

    def change_prefix(self, prefix: str) -> bool:
        """Change the prefix of every name, unless other workers may have read values under the old names."""
        in_memory = isinstance(self.store, MemoryStore)
        with self.store.lock:
            if not in_memory and any(True for metric in (self.requests, self.exceptions) for _ in metric.items()):
                return False
            for metric in self.prefixed:
                metric.rename(prefix + metric.metric.name.removeprefix(self.prefix))
            if isinstance(self.progress, SharedProgress):
                self.progress.move(make_value(self.in_progress.metric, (), (), self.store))
            self.prefix = prefix
        return True

    def settle_names(self) -> None:
        """Change the names for the last time, if necessary."""
        settle, self.before_first_series = self.before_first_series, None
        if settle is not None:
            settle()

    def series(self, method: str, endpoint: str, status: str, extra: tuple[str, ...]) -> RequestSeries:
        """Return the series of a kind of request."""
        self.settle_names()
        method = method if method in STANDARD_METHODS else catalog.OTHER_METHOD
        route = (method, endpoint, *extra)
        sizes = None
        if self.request_size is not None and self.response_size is not None:
            sizes = (self.request_size.child(route), self.response_size.child(route))
        requests = self.requests.child((method, endpoint, status, *extra))
        duration = self.duration.child(route)
        with self.store.lock:
            made = RequestSeries(requests, duration, sizes, self.store.lock)
            return self._series.setdefault((requests, duration), made)

    def add_pending(self) -> None:
        """Add all pending requests; call this before reading values."""
        with self.store.lock:
            for series in self._series.values():
                if series.pending:
                    series.add_pending()

    def count_probe(self) -> None:
        """Count a request to the probe path, which may be the first request of a fork."""
        self.store.renew()
        self.store.complain()
        with self.store.lock:
            self._probe.add(1.0)

    def count_exception(self, method: str, endpoint: str, exception: str, extra: tuple[str, ...]) -> None:
        """Count an unhandled exception."""
        self.settle_names()
        method = method if method in STANDARD_METHODS else catalog.OTHER_METHOD
        child = self.exceptions.child((method, endpoint, exception, *extra))
        with self.store.lock:
            child.add(1.0)


def make_finish(progress: Progress) -> Callable[[RequestSeries, float], None]:
    """Return a function that ends a request and adds it: at once where other processes see values, else with others."""
    end = progress.end

    def add_now(series: RequestSeries, seconds: float) -> None:
        end()
        series.add(seconds)

    def add_later(series: RequestSeries, seconds: float) -> None:
        end()
        pending = series.pending
        pending.append(seconds)
        if len(pending) > MOST_PENDING:
            series.add_pending()

    return add_now if isinstance(progress, SharedProgress) else add_later
