"""The WSGI middleware that measures.

A request whose answer is whole costs two readings of the clock, one lock and a handful of additions; everything else
was looked up by the first request of its kind.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from kubeglass.catalog import UNMATCHED_ENDPOINT
from kubeglass.instrument.answer import ANSWER, Answer
from kubeglass.instrument.answers import Answers
from kubeglass.instrument.exemplar import parse_traceparent
from kubeglass.instrument.status_watch import StatusWatch
from kubeglass.instrument.stream import Stream, watch_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

#: What the server sends when an application raises before it has started its response.
SERVER_ERROR = 500

#: Set on exceptions that the framework has reported already, before they reach the middleware.
COUNTED = "_kubeglass_is_counted"


class Middleware:
    """Measures every request to ``app``; shows the metrics at ``path``.

    Args:
        app: the WSGI application inside.
        answers: what to add to.
        path: where ``page`` answers, or None.
        page: the WSGI application that shows the metrics.
        endpoint_of_error: tells the route template of the request that an exception ended.
        is_watched: whether others than the framework may have the last word on an answer's status.
    """

    def __init__(
        self,
        app: WSGIApplication,
        answers: Answers,
        *,
        path: str | None,
        page: WSGIApplication,
        endpoint_of_error: Callable[[BaseException], str],
        is_watched: bool,
    ) -> None:
        self.app: Any = app
        self._answers = answers
        self._path = path
        self._page = page
        self._endpoint_of_error = endpoint_of_error
        self._is_watched = is_watched
        self._lock = answers.metrics.store.lock
        self._begin = answers.metrics.progress.begin
        self._end = answers.metrics.progress.end
        self._has_exemplars = answers.metrics.options.exemplars
        self._has_sizes = answers.metrics.options.sizes

    def entry(self) -> WSGIApplication:
        """Return the WSGI application: the quick one, if nothing stands in its way."""
        return self._answer if self._is_watched or self._has_sizes else self._make_quick()

    def _make_quick(self) -> WSGIApplication:
        """Make the application whose framework always notes an answer, and whose answers are not counted in bytes.

        A function with everything bound to it beforehand: looking attributes up would cost as much as counting.
        """
        app, path, begin, end, has_exemplars = self.app, self._path, self._begin, self._end, self._has_exemplars
        get_answer, clock, fail, carry = ANSWER.get, perf_counter, self._fail, self._carry

        def answer_request(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ.get("PATH_INFO") == path or "HTTP_UPGRADE" in environ:
                return self._answer(environ, start_response)
            began = clock()
            begin(None)
            try:
                body: Iterable[bytes] = app(environ, start_response)
            except BaseException as error:
                fail(environ, clock() - began, error)
                raise
            answer = get_answer()
            if answer is None or answer.add is None:
                return carry(environ, start_response, began, answer, body)
            end()
            duration = clock() - began
            bucket = answer.add(duration)
            if has_exemplars and (answer.trace or "HTTP_TRACEPARENT" in environ):
                keep_exemplar(environ, answer, bucket, duration)
            return body

        return answer_request

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, whatever it is."""
        if environ.get("PATH_INFO") == self._path:
            return self._page(environ, start_response)
        # A websocket is a connection, not a request: its duration would drown every other.
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
            return self.app(environ, start_response)  # type: ignore[no-any-return]
        start_response = StatusWatch(start_response)
        ANSWER.set(None)
        began = perf_counter()
        self._begin(None)
        try:
            body: Iterable[bytes] = self.app(environ, start_response)
        except BaseException as error:
            self._fail(environ, perf_counter() - began, error)
            raise
        return self._carry(environ, start_response, began, ANSWER.get(), body)

    def _finish(self, environ: WSGIEnvironment, answer: Answer, duration: float, sent: int = 0) -> None:
        """Add a finished request to the metrics."""
        self._end()
        series = answer.series
        if series is None:
            return
        bucket = series.add(duration)
        if series.sizes is not None:
            announced = environ.get("CONTENT_LENGTH") or ""
            with self._lock:
                series.sizes[0].observe(float(announced) if announced.isdecimal() else 0.0)
                series.sizes[1].observe(float(sent or answer.sent))
        if self._has_exemplars:
            keep_exemplar(environ, answer, bucket, duration)

    def _carry(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        began: float,
        answer: Answer | None,
        body: Iterable[bytes],
    ) -> Iterable[bytes]:
        """Return what the server should iterate over when the answer is not over yet, or its status not certain."""
        settle = partial(self._settle, environ, start_response, answer)
        is_started = not isinstance(start_response, StatusWatch) or start_response.status
        if answer is not None and answer.is_whole and is_started:
            self._finish(environ, settle(), perf_counter() - began)
            return body

        def on_end(duration: float, sent: int) -> None:
            self._finish(environ, settle(), duration, sent)

        if not self._has_sizes and watch_file(body, environ, began, on_end):
            return body
        return Stream(body, began, on_end, lambda error: self._count_exception(settle().key, error))

    def _settle(self, environ: WSGIEnvironment, start_response: StartResponse, answer: Answer | None) -> Answer:
        """Return the answer with the status that was sent, whoever chose it."""
        status = start_response.status if isinstance(start_response, StatusWatch) else 0
        if answer is None:
            return self._answers.find(None, environ["REQUEST_METHOD"], UNMATCHED_ENDPOINT, status or SERVER_ERROR)
        if not status or str(status) == answer.key[2]:
            return answer
        method, endpoint, _, *extra = answer.key
        return self._answers.find_key((method, endpoint, status, *extra))

    def _fail(self, environ: WSGIEnvironment, duration: float, error: BaseException) -> None:
        """Add a request that ended with an exception; the server answers it."""
        endpoint = self._endpoint_of_error(error)
        answer = self._answers.find(None, environ["REQUEST_METHOD"], endpoint, SERVER_ERROR)
        self._count_exception(answer.key, error)
        self._finish(environ, answer, duration)

    def _count_exception(self, key: tuple[str, ...], error: BaseException) -> None:
        if not getattr(error, COUNTED, False):
            method, endpoint, _, *extra = key
            self._answers.count_exception(method, endpoint, tuple(extra), error)


def keep_exemplar(environ: WSGIEnvironment, answer: Answer, bucket: int, duration: float) -> None:
    """Keep the trace id of a request, if it has one, with the bucket it fell into."""
    trace = answer.trace or parse_traceparent(environ)
    if trace and answer.series is not None:
        answer.series.duration.keep_exemplar(bucket, trace, duration)
