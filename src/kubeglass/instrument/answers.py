"""Finding what a request adds to: one look in a dict for all but the first request of its kind."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from kubeglass.instrument.answer import Answer
from kubeglass.instrument.extra_labels import ExtraLabels
from kubeglass.instrument.http_metrics import STANDARD_METHODS, HttpMetrics
from kubeglass.instrument.options import Options

#: Cached lookups for each series allowed: statuses multiply, and a full cache costs time, not correctness.
CACHE_FACTOR = 4


class Answers:
    """One application's answers by method, endpoint and status.

    Args:
        metrics: what requests add to, perhaps together with other applications'.
        options: what was chosen for this application.
    """

    def __init__(self, metrics: HttpMetrics, options: Options) -> None:
        self.metrics = metrics
        self._exclude = options.exclude
        self._extra = ExtraLabels(options.extra_labels) if options.extra_labels else None
        #: Answers by method, endpoint, status and extra labels: a shortcut around :meth:`find` where there are none.
        self.known: dict[tuple[object, ...], Answer] = {}
        self._room = options.max_series * CACHE_FACTOR
        metrics.store.when_renewed.append(self.known.clear)

    def find(self, request: Any, method: str, endpoint: str, status: int) -> Answer:
        """Return the answer for a request of this kind.

        Args:
            request: the framework's request object, for extra labels that are functions of it.
            method: as the client wrote it.
            endpoint: the route template.
            status: the status code.
        """
        if self._extra is not None:
            return self.find_key((method, endpoint, status, *self._extra.of(request)))
        return self.find_key((method, endpoint, status))

    def find_key(self, key: tuple[object, ...]) -> Answer:
        """Return the answer for method, endpoint, status as a number, and values of extra labels."""
        try:
            return self.known[key]
        except KeyError:
            return self._make(key)

    def count_exception(self, method: str, endpoint: str, extra: tuple[str, ...], error: BaseException) -> None:
        """Count an exception that nobody handled."""
        if not self._is_excluded(endpoint):
            self.metrics.count_exception(method, endpoint, type(error).__name__, extra)

    def extra_of(self, request: Any) -> tuple[str, ...]:
        """Return the values of the extra labels for a request."""
        return self._extra.of(request) if self._extra is not None else ()

    def _make(self, key: tuple[Any, ...]) -> Answer:
        method, endpoint, status, *extra = key
        series = None
        if not self._is_excluded(endpoint):
            series = self.metrics.series(method, endpoint, str(status), tuple(extra))
        answer = Answer((method, endpoint, str(status), *extra), series)
        # A client's invented method must not fill the cache.
        if method in STANDARD_METHODS and len(self.known) < self._room:
            self.known[key] = answer
        return answer

    def _is_excluded(self, endpoint: str) -> bool:
        return any(fnmatchcase(endpoint, pattern) for pattern in self._exclude)
