"""One request and its answer, where counting takes more than a few additions: streams, failures, changed statuses."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from kubeglass.catalog import UNMATCHED_ENDPOINT
from kubeglass.instrument.answer import ANSWER, METRICS, NOTES_KEY, TAKER, Answer, Notes
from kubeglass.instrument.answers import Answers
from kubeglass.instrument.exemplar import parse_traceparent
from kubeglass.instrument.options import Options
from kubeglass.instrument.stream import Stream, watch_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIEnvironment

    from kubeglass.instrument.status_watch import StatusWatch

#: What the server sends when an application raises before it has started its response.
SERVER_ERROR = 500

#: Set on exceptions that the framework has reported already, before they reach the middleware: the application's
#: answers, and the key of the request.
COUNTED = "_kubeglass_counted"


class Exchange:
    """A request that has begun.

    Args:
        answers: the application's.
        options: the application's.
        environ: the request.
        notes: what the framework notes of it.
        watch: knows the status that is sent, if the framework may not have the last word.
        outer: the notes of the application around this one, if there is one that waits for its answer.
    """

    def __init__(
        self,
        answers: Answers,
        options: Options,
        environ: WSGIEnvironment,
        notes: Notes,
        watch: StatusWatch | None = None,
        outer: Notes | None = None,
    ) -> None:
        self._answers = answers
        self._options = options
        self._environ = environ
        self._notes = notes
        self._watch = watch
        self._outer = outer
        self._answer: Answer | None = None
        # Where applications share metrics, the one around this one counts the request in progress already.
        self._is_outermost = outer is None or outer[METRICS] is not answers.metrics

    def begin(self) -> None:
        """Count the request in progress."""
        if self._is_outermost:
            self._answers.metrics.progress.begin(None)

    def leave_alone(self) -> None:
        """Count nothing: it turned out to be no request."""
        self._leave()

    def carry(self, began: float, body: Iterable[bytes]) -> Iterable[bytes]:
        """Return what the server should iterate over when the answer is not over yet, or its status not certain."""
        self._leave()
        answer = self._answer
        if answer is not None and answer.is_whole and (self._watch is None or self._watch.status):
            self._finish(perf_counter() - began)
            return body
        if not self._options.sizes and watch_file(body, self._environ, began, self._finish):
            return body
        return Stream(body, began, self._finish, self._count_exception)

    def fail(self, duration: float, error: BaseException, endpoint_of_error: Callable[[BaseException], str]) -> None:
        """Add a request that ended with an exception; the server answers it."""
        self._leave()
        known = self._answer.key if self._answer is not None else self._reported_key(error)
        method, endpoint, _, *extra = known or (self._environ["REQUEST_METHOD"], endpoint_of_error(error), "")
        if known is not None:
            self._answer = self._answers.find_key((method, endpoint, SERVER_ERROR, *extra))
        elif self._notes[TAKER] is None:
            self._answer = self._answers.find(None, method, endpoint, SERVER_ERROR)
        self._watch = None
        self._count_exception(error)
        self._finish(duration)

    def _finish(self, duration: float, sent: int = 0) -> None:
        """Add the finished request to the metrics."""
        metrics, answer = self._answers.metrics, self._settle()
        if self._is_outermost:
            metrics.progress.end()
        series = answer.series if answer is not None else None
        if answer is None or series is None:
            return
        bucket = series.add(duration)
        if series.sizes is not None:
            announced = self._environ.get("CONTENT_LENGTH") or ""
            with metrics.store.lock:
                series.sizes[0].observe(float(announced) if announced.isdecimal() else 0.0)
                series.sizes[1].observe(float(sent or answer.sent))
        if self._options.exemplars:
            keep_exemplar(self._environ, answer, bucket, duration)

    def _settle(self) -> Answer | None:
        """Return the answer with the status that was sent, whoever chose it; None if another application counts it."""
        answer, status = self._answer, self._watch.status if self._watch is not None else 0
        taker = self._notes[TAKER]
        if taker is self._answers.metrics or (taker is not None and answer is None):
            return None
        if answer is None:
            method = self._environ["REQUEST_METHOD"]
            return self._answers.find(None, method, UNMATCHED_ENDPOINT, status or SERVER_ERROR)
        method, endpoint, own, *extra = answer.key
        if answer.series is not None and (not status or str(status) == own):
            return answer
        sent = self._answers.find_key((method, endpoint, status or int(own), *extra))
        return Answer(sent.key, sent.series, is_whole=answer.is_whole, sent=answer.sent, trace=answer.trace)

    def _count_exception(self, error: BaseException) -> None:
        answer = self._settle()
        if answer is not None and self._reported_key(error) is None:
            method, endpoint, _, *extra = answer.key
            self._answers.count_exception(method, endpoint, tuple(extra), error)

    def _reported_key(self, error: BaseException) -> tuple[Any, ...] | None:
        answers, key = getattr(error, COUNTED, (None, None))
        return key if answers is self._answers else None

    def _leave(self) -> None:
        """Take the framework's word, and let the application around this one have its notes again."""
        self._answer = self._notes[ANSWER]
        if self._outer is None:
            self._environ.pop(NOTES_KEY, None)
        else:
            self._environ[NOTES_KEY] = self._outer


def keep_exemplar(environ: WSGIEnvironment, answer: Answer, bucket: int, duration: float) -> None:
    """Keep the trace id of a request, if it has one, with the bucket it fell into."""
    trace = answer.trace or parse_traceparent(environ)
    if trace and answer.series is not None:
        answer.series.duration.keep_exemplar(bucket, trace, duration)
