"""Find a request's series: one dict lookup for all but the first request of its kind."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from kubeglass.instrument.options import ExtraLabel, Options
from kubeglass.instrument.request.response import MeasuredResponse
from kubeglass.instrument.storage.http_metrics import STANDARD_METHODS, HttpMetrics

#: Cached lookups per allowed series, because there are several statuses; a full cache costs only time.
CACHE_FACTOR = 4


class SeriesCache:
    """One application's responses by method, endpoint and status.

    Args:
        metrics: the metrics, which several applications may share.
        options: the application's options.
    """

    def __init__(self, metrics: HttpMetrics, options: Options) -> None:
        self.metrics = metrics
        self._exclude = options.exclude
        self._extra = ExtraLabels(options.extra_labels) if options.extra_labels else None
        #: Responses by method, endpoint, status and extra labels; a shortcut for :meth:`find` without extra labels.
        self.known: dict[tuple[object, ...], MeasuredResponse] = {}
        self._room = options.max_series * CACHE_FACTOR
        metrics.store.when_renewed.append(self.known.clear)

    def find(self, request: Any, method: str, endpoint: str, status: int) -> MeasuredResponse:
        """Return the response for a request of this kind.

        Args:
            request: the framework's request object, for extra labels that are functions of it.
            method: as the client sent it.
            endpoint: the route template.
            status: the status code.
        """
        if self._extra is not None:
            return self.find_key((method, endpoint, status, *self._extra.of(request)))
        return self.find_key((method, endpoint, status))

    def find_key(self, key: tuple[object, ...]) -> MeasuredResponse:
        """Return the response for a method, endpoint, status code and values of extra labels."""
        try:
            return self.known[key]
        except KeyError:
            return self._make(key)

    def count_exception(self, method: str, endpoint: str, extra: tuple[str, ...], error: BaseException) -> None:
        """Count an unhandled exception."""
        if not self._is_excluded(endpoint):
            self.metrics.count_exception(method, endpoint, type(error).__name__, extra)

    def extra_of(self, request: Any) -> tuple[str, ...]:
        """Return the values of the extra labels for a request."""
        return self._extra.of(request) if self._extra is not None else ()

    def _make(self, key: tuple[Any, ...]) -> MeasuredResponse:
        method, endpoint, status, *extra = key
        series = None
        if not self._is_excluded(endpoint):
            series = self.metrics.series(method, endpoint, str(status), tuple(extra))
        response = MeasuredResponse((method, endpoint, str(status), *extra), series)
        # Methods that clients invent must not fill the cache.
        if method in STANDARD_METHODS and len(self.known) < self._room:
            self.known[key] = response
        return response

    def _is_excluded(self, endpoint: str) -> bool:
        route = endpoint[max(endpoint.find("/"), 0) :]  # without a host
        return any(fnmatchcase(name, pattern) for pattern in self._exclude for name in (endpoint, route))


logger = logging.getLogger("kubeglass.instrument")

#: The label's value when its function raises: a metric must not break a response.
FAILED = "<error>"


class ExtraLabels:
    """Values of the extra labels of each request, in the order of the option.

    Args:
        labels: name to text, or to a function of the framework's request object.
    """

    def __init__(self, labels: Mapping[str, ExtraLabel]) -> None:
        self._labels = labels
        self._fixed: tuple[str, ...] | None = None
        if not any(callable(value) for value in labels.values()):
            self._fixed = tuple(writable(str(value)) for value in labels.values())
        self._failed: set[str] = set()

    def of(self, request: Any) -> tuple[str, ...]:
        """Return the values for one request.

        Args:
            request: the framework's request object, None outside a request; then a function's label is empty.
        """
        if self._fixed is not None:
            return self._fixed
        if request is None:
            return tuple("" if callable(value) else value for value in self._labels.values())
        return tuple(
            value if isinstance(value, str) else self._call(name, value, request)
            for name, value in self._labels.items()
        )

    def _call(self, name: str, function: Callable[[Any], str], request: Any) -> str:
        try:
            return writable(str(function(request)))
        except Exception:  # an application's function may raise anything
            if name not in self._failed:
                self._failed.add(name)
                logger.exception("extra label %r: its function failed; the value is %r instead", name, FAILED)
            return FAILED


def writable(text: str) -> str:
    r"""Escape what UTF-8 cannot encode: JSON's ``"\\ud800"`` becomes a lone surrogate."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()
