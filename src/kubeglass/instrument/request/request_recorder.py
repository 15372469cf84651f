"""Record requests that need more than a few additions: streams, failures, changed statuses."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from kubeglass.catalog import UNMATCHED_ENDPOINT
from kubeglass.instrument.options import Options
from kubeglass.instrument.request.response import (
    CACHE,
    NOTES_KEY,
    REPORTED,
    RESPONSE,
    SERVER_ERROR,
    TAKER,
    MeasuredResponse,
    Notes,
    parse_traceparent,
    status_of_error,
)
from kubeglass.instrument.request.series_cache import SeriesCache
from kubeglass.instrument.request.stream import Stream, watch_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIEnvironment

    from kubeglass.instrument.request.response import StatusWatch


#: Most digits of a plausible Content-Length: one client's nonsense would stay in the sum forever.
LONGEST_LENGTH = 18


class RequestRecorder:
    """Records one request that has begun.

    Args:
        cache: the application's series.
        options: the application's options.
        environ: the WSGI environment of the request.
        notes: what the framework notes about it.
        watch: knows the status that is sent, if code outside the framework may change it.
        outer: the notes of an instrumented application around this one that waits for its response.
    """

    def __init__(
        self,
        cache: SeriesCache,
        options: Options,
        environ: WSGIEnvironment,
        notes: Notes,
        watch: StatusWatch | None = None,
        outer: Notes | None = None,
    ) -> None:
        self._cache = cache
        self._options = options
        self._environ = environ
        self._notes = notes
        self._watch = watch
        self._outer = outer
        self._response: MeasuredResponse | None = None
        # If the applications share metrics, the outer one has counted the request as in progress.
        self._is_outermost = outer is None or outer[CACHE].metrics is not cache.metrics

    def begin(self) -> None:
        """Count the request in progress."""
        if self._is_outermost:
            self._cache.metrics.progress.begin(None)

    def ignore(self) -> None:
        """Count nothing, because this was not a request."""
        self._leave()

    def wrap_body(self, began: float, body: Iterable[bytes]) -> Iterable[bytes]:
        """Return the body for the server to iterate over; a stream's is wrapped and recorded when it ends."""
        self._leave()
        response = self._response
        if response is not None and response.is_whole and (self._watch is None or self._watch.status):
            self._finish(perf_counter() - began)
            return body
        if not self._options.sizes and watch_file(body, self._environ, began, self._finish):
            return body
        return Stream(body, began, self._finish, self._count_exception)

    def fail(self, duration: float, error: BaseException, endpoint_of_error: Callable[[BaseException], str]) -> None:
        """Record a request that ended with an exception, which the server answers."""
        self._leave()
        status, is_fault = status_of_error(error)
        known = self._response.key if self._response is not None else self._reported_key(error)
        method, endpoint, _, *extra = known or (self._environ["REQUEST_METHOD"], endpoint_of_error(error), "")
        if known is not None:
            self._response = self._cache.find_key((method, endpoint, status, *extra))
        elif self._notes[TAKER] is None:
            self._response = self._cache.find(None, method, endpoint, status)
        self._watch = None
        if is_fault:
            self._count_exception(error)
        self._finish(duration)

    def _finish(self, duration: float, sent: int = 0) -> None:
        """Add the finished request to the metrics."""
        metrics, response = self._cache.metrics, self._settle()
        if self._is_outermost:
            metrics.progress.end()
        series = response.series if response is not None else None
        if response is None or series is None:
            return
        bucket = series.add(duration)
        if series.sizes is not None:
            announced = announced_size(self._environ)
            with metrics.store.lock:
                if announced is not None:
                    series.sizes[0].observe(announced)
                series.sizes[1].observe(float(sent or response.sent))
        if self._options.exemplars:
            keep_exemplar(self._environ, response, bucket, duration)

    def _settle(self) -> MeasuredResponse | None:
        """Return the response with the status that was sent, None if another application counts it."""
        response, status = self._response, self._watch.status if self._watch is not None else 0
        taker = self._notes[TAKER]
        if taker is self._cache.metrics or (taker is not None and response is None):
            return None
        if response is None:
            method = self._environ["REQUEST_METHOD"]
            return self._cache.find(None, method, UNMATCHED_ENDPOINT, status or SERVER_ERROR)
        method, endpoint, own, *extra = response.key
        if response.series is not None and (not status or str(status) == own):
            return response
        found = self._cache.find_key((method, endpoint, status or int(own), *extra))
        return MeasuredResponse(
            found.key, found.series, is_whole=response.is_whole, sent=response.sent, trace=response.trace
        )

    def _count_exception(self, error: BaseException) -> None:
        response = self._settle()
        if response is not None and self._reported_key(error) is None:
            method, endpoint, _, *extra = response.key
            self._cache.count_exception(method, endpoint, tuple(extra), error)

    def _reported_key(self, error: BaseException) -> tuple[Any, ...] | None:
        return next((key for reported, key in self._notes[REPORTED:] if reported is error), None)

    def _leave(self) -> None:
        """Keep what the framework noted, and restore the notes of the outer application."""
        self._response = self._notes[RESPONSE]
        if self._outer is None:
            self._environ.pop(NOTES_KEY, None)
        else:
            self._environ[NOTES_KEY] = self._outer


def announced_size(environ: WSGIEnvironment) -> float | None:
    """Return the size of a request's body from its Content-Length, 0 without a body, None if it is unknown.

    A chunked body has no known size, and since HTTP/2 a Content-Length may be missing.
    """
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    length = environ.get("CONTENT_LENGTH")
    if not length:
        return None if environ.get("SERVER_PROTOCOL", "").startswith(("HTTP/2", "HTTP/3")) else 0.0
    return float(length) if length.isdecimal() and len(length) <= LONGEST_LENGTH else None


def keep_exemplar(environ: WSGIEnvironment, response: MeasuredResponse, bucket: int, duration: float) -> None:
    """Keep a request's trace id, if it has one, as the exemplar of the bucket that counted it."""
    trace = response.trace or parse_traceparent(environ)
    if trace and response.series is not None:
        response.series.duration.keep_exemplar(bucket, trace, duration)
