"""What is known about a response: its series, the status that was sent, its trace.

The framework passes it to the middleware through the request's environ.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from kubeglass.instrument.storage.request_series import RequestSeries

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class MeasuredResponse:
    """A response that the framework has finished. Whole responses of one kind share one immutable object.

    Args:
        key: method, endpoint and status, then the values of extra labels.
        series: the series to add to, None if the route is excluded or they are not known yet.
        is_whole: whether the body is in memory, unlike a stream or a file; then it ends when it is returned.
        sent: the size of a whole response in bytes, if sizes are measured.
        trace: the id of its trace, or empty.
    """

    __slots__ = ("is_whole", "key", "quick", "sent", "series", "trace")

    def __init__(
        self,
        key: tuple[str, ...],
        series: RequestSeries | None,
        *,
        is_whole: bool = True,
        sent: int = 0,
        trace: str = "",
    ) -> None:
        self.key = key
        self.series = series
        self.is_whole = is_whole
        self.sent = sent
        self.trace = trace
        #: The series, if the response can be added as soon as the application returns it.
        self.quick = series if is_whole else None


#: The key of a request's notes in its environ. A context variable would outlive the request, and would show an
#: application the response of another one that it calls.
NOTES_KEY = "kubeglass.notes"

#: Notes about a request while it is answered; a list is cheaper to make than an object.
Notes: TypeAlias = "list[Any]"

#: Its entries: the :class:`MeasuredResponse` or None; the :class:`SeriesCache` of the application; the
#: :class:`HttpMetrics` of an inner application that has taken the request over, or None; then the exceptions that the
#: framework has reported, each with the key of its request.
RESPONSE, CACHE, TAKER, REPORTED = 0, 1, 2, 3

#: The status that a server sends when an application raises before it starts its response.
SERVER_ERROR = 500


class StatusWatch:
    """Wraps a server's ``start_response`` and remembers the status."""

    def __init__(self, start_response: StartResponse) -> None:
        self._start_response = start_response
        #: The status code; 0 until the response has started.
        self.status = 0

    def __call__(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        """Start the response."""
        code = status[:3]
        self.status = int(code) if code.isdecimal() else 0
        if exc_info is None:
            return self._start_response(status, headers)
        return self._start_response(status, headers, exc_info)


def status_of_error(error: BaseException) -> tuple[int, bool]:
    """Return the status with which a server answers an exception, and whether the exception is a fault.

    Under Connexion 3 Flask raises Starlette's HTTP exceptions, which the ASGI application answers: they are no faults.
    """
    starlette = sys.modules.get("starlette.exceptions")
    if starlette is not None and isinstance(error, starlette.HTTPException):
        return error.status_code, False
    return SERVER_ERROR, True


#: Imported by applications that use OpenTelemetry, never by this library.
OPENTELEMETRY = "opentelemetry.trace"

#: ``version-trace-parent-flags``, https://www.w3.org/TR/trace-context/#traceparent-header. Later versions may append
#: fields.
LENGTHS = (2, 32, 16, 2)
HEX = frozenset("0123456789abcdef")
FIRST_VERSION, NO_VERSION = "00", "ff"


def parse_traceparent(environ: WSGIEnvironment) -> str | None:
    """Return the trace id in a request's ``traceparent`` header, None if it is malformed or not sampled."""
    version, *rest = fields = environ.get("HTTP_TRACEPARENT", "").split("-")
    if len(fields) < len(LENGTHS) or version == NO_VERSION or (version == FIRST_VERSION and len(fields) > len(LENGTHS)):
        return None
    if any(len(field) != length or not HEX.issuperset(field) for field, length in zip(fields, LENGTHS, strict=False)):
        return None
    trace, parent, flags = rest[:3]
    is_known = trace.strip("0") and parent.strip("0")
    return trace if is_known and int(flags, 16) & 1 else None


def current_trace() -> str:
    """Return the trace id of OpenTelemetry's current span, empty if it is not sampled.

    The span is current only while the framework handles the request; the duration is known later.
    """
    opentelemetry = sys.modules.get(OPENTELEMETRY)
    if opentelemetry is None:
        return ""
    context = opentelemetry.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid and context.trace_flags.sampled else ""
