"""The WSGI middleware that measures requests.

A request with a whole response costs two clock reads and a few additions; the first request of its kind looks up
everything else.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from kubeglass.catalog import PROBE_PATH
from kubeglass.instrument.options import Options
from kubeglass.instrument.request.request_recorder import RequestRecorder, keep_exemplar
from kubeglass.instrument.request.response import NOTES_KEY, RESPONSE, TAKER, Notes, StatusWatch
from kubeglass.instrument.request.series_cache import SeriesCache

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

#: Statuses of a websocket: none if the view took the connection over from the server, or 101 Switching Protocols.
UPGRADED = (0, 101)


class Middleware:
    """Measures every request to ``app``; serves the metrics path and the probe path itself.

    Args:
        app: the wrapped WSGI application.
        cache: the series that requests are added to.
        options: the application's options.
        page: the WSGI application that serves the metrics.
        endpoint_of_error: returns the route template of the request that an exception ended.
        is_watched: whether code outside the framework may change a response's status.
    """

    def __init__(
        self,
        app: WSGIApplication,
        cache: SeriesCache,
        options: Options,
        *,
        page: WSGIApplication,
        endpoint_of_error: Callable[[BaseException], str],
        is_watched: bool,
    ) -> None:
        self.app: Any = app
        self._cache = cache
        self._options = options
        #: Paths that are served here and not by the application.
        self._own: dict[str, WSGIApplication] = {PROBE_PATH: self._respond_to_probe}
        if options.path is not None:
            self._own[options.path] = page
        self._endpoint_of_error = endpoint_of_error
        self._is_watched = is_watched

    def entry(self) -> WSGIApplication:
        """Return the WSGI application: the quick one where it is sufficient."""
        return self._respond if self._is_watched or self._options.sizes else self._make_quick()

    def _make_quick(self) -> WSGIApplication:
        """Return the quick application: the framework notes every response, and sizes are not measured.

        Everything is bound in advance: looking attributes up would cost as much as counting.
        """
        app, own, cache, has_exemplars = self.app, self._own, self._cache, self._options.exemplars
        begin, end, finish = cache.metrics.progress.begin, cache.metrics.progress.end, cache.metrics.finish
        clock = perf_counter

        def respond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ.get("PATH_INFO") in own or "HTTP_UPGRADE" in environ or NOTES_KEY in environ:
                return self._respond(environ, start_response)
            began = clock()
            begin(None)
            notes: Notes = [None, cache, None]
            environ[NOTES_KEY] = notes
            try:
                body: Iterable[bytes] = app(environ, start_response)
            except BaseException as error:
                self._recorder(environ, notes).fail(clock() - began, error, self._endpoint_of_error)
                raise
            response = notes[RESPONSE]
            if response is None or response.quick is None or notes[TAKER] is not None:
                return self._recorder(environ, notes).wrap_body(began, body)
            duration = clock() - began
            if has_exemplars and (response.trace or "HTTP_TRACEPARENT" in environ):
                end()
                keep_exemplar(environ, response, response.quick.add(duration), duration)
            else:
                finish(response.quick, duration)
            return body

        return respond

    def _recorder(self, environ: WSGIEnvironment, notes: Notes) -> RequestRecorder:
        return RequestRecorder(self._cache, self._options, environ, notes)

    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer any request."""
        outer = environ.get(NOTES_KEY)
        if outer is not None and outer[RESPONSE] is not None:
            outer = None  # this environ is used for a second request
        if outer is not None:
            outer[TAKER] = self._cache.metrics
        own = self._own.get(environ.get("PATH_INFO", ""))
        if own is not None:
            return own(environ, start_response)
        notes: Notes = [None, self._cache, None]
        environ[NOTES_KEY] = notes
        watch = StatusWatch(start_response)
        recorder = RequestRecorder(self._cache, self._options, environ, notes, watch, outer)
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
            return self._respond_to_upgrade(recorder, environ, watch)
        began = perf_counter()
        recorder.begin()
        try:
            body: Iterable[bytes] = self.app(environ, watch)
        except BaseException as error:
            recorder.fail(perf_counter() - began, error, self._endpoint_of_error)
            raise
        return recorder.wrap_body(began, body)

    def _respond_to_probe(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:  # noqa: ARG002
        self._cache.metrics.count_probe()
        start_response("204 No Content", [("Cache-Control", "no-store")])
        return []

    def _respond_to_upgrade(
        self, recorder: RequestRecorder, environ: WSGIEnvironment, watch: StatusWatch
    ) -> Iterable[bytes]:
        """Answer a client that asks for a websocket.

        A websocket is a connection, not a request: its duration would dwarf all others. A client that asks for one and
        gets an ordinary response is counted as a request.
        """
        began = perf_counter()
        try:
            body: Iterable[bytes] = self.app(environ, watch)
        except BaseException as error:
            if watch.status not in UPGRADED or is_fault(error):
                recorder.begin()
                recorder.fail(perf_counter() - began, error, self._endpoint_of_error)
            raise
        if watch.status in UPGRADED:
            recorder.ignore()
            return body
        recorder.begin()
        return recorder.wrap_body(began, body)


def is_fault(error: BaseException) -> bool:
    """Report whether an exception is a failure, rather than how a websocket's view leaves the server.

    ``StopIteration`` tells gunicorn that a connection was taken over; the others end greenlets and processes.
    """
    return isinstance(error, Exception) and not isinstance(error, StopIteration)
