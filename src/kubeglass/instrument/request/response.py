"""What is known of a response: what it adds to, the status that was sent, the trace it belongs to.

The framework tells the middleware of its response through the request's environ.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from kubeglass.instrument.storage.request_series import RequestSeries

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class MeasuredResponse:
    """A response that the framework is done with. Whole ones of one kind share one object, since nothing in it changes.

    Args:
        key: method, endpoint and status, then the values of extra labels.
        series: what to add to, None if the route is excluded or it has yet to be found.
        is_whole: whether it is in memory, as against a stream or a file: then it ends when it is handed over.
        sent: the size of a whole response in bytes, if sizes are measured.
        trace: the id of the trace it belongs to, or empty.
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
        #: The series once more, if the response can be added as soon as the application returns it.
        self.quick = series if is_whole else None


#: Where a request's environ carries what is noted of it. Not a context variable: that would outlive the request, and
#: tell an application of the response of another that it calls.
NOTES_KEY = "kubeglass.notes"

#: What is noted of a request while it is answered; a list, because making one costs less than an object of a class.
Notes: TypeAlias = "list[Any]"

#: Which entry is which: the :class:`MeasuredResponse` or None, the :class:`SeriesCache` of the application that
#: responds, and the :class:`HttpMetrics` of an application inside that one which has taken the request over, or None.
#: Then come the exceptions that the framework has reported, each with the key of its request.
RESPONSE, CACHE, TAKER, REPORTED = 0, 1, 2, 3

#: What the server sends when an application raises before it has started its response.
SERVER_ERROR = 500


class StatusWatch:
    """WSGI's ``start_response``, which remembers the status it was called with.

    Args:
        start_response: the server's.
    """

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
    """Return the status with which the server answers an exception that leaves the application, and if it is a fault.

    Connexion 3 has Flask raise Starlette's HTTP exceptions, which its ASGI application answers: those are no faults.
    """
    starlette = sys.modules.get("starlette.exceptions")
    if starlette is not None and isinstance(error, starlette.HTTPException):
        return error.status_code, False
    return SERVER_ERROR, True


#: Imported by whoever uses OpenTelemetry, never by this library.
OPENTELEMETRY = "opentelemetry.trace"

#: ``version-trace-parent-flags``, https://www.w3.org/TR/trace-context/#traceparent-header. A later version than the
#: first may go on after a dash.
LENGTHS = (2, 32, 16, 2)
HEX = frozenset("0123456789abcdef")
FIRST_VERSION, NO_VERSION = "00", "ff"


def parse_traceparent(environ: WSGIEnvironment) -> str | None:
    """Return the trace id of a request's ``traceparent`` header if it is well-formed and the trace sampled, or None."""
    version, *rest = fields = environ.get("HTTP_TRACEPARENT", "").split("-")
    if len(fields) < len(LENGTHS) or version == NO_VERSION or (version == FIRST_VERSION and len(fields) > len(LENGTHS)):
        return None
    if any(len(field) != length or not HEX.issuperset(field) for field, length in zip(fields, LENGTHS, strict=False)):
        return None
    trace, parent, flags = rest[:3]
    is_known = trace.strip("0") and parent.strip("0")
    return trace if is_known and int(flags, 16) & 1 else None


def current_trace() -> str:
    """Return the id of the trace of OpenTelemetry's current span if it is recorded, or nothing.

    The span is current only while the framework handles the request, whereas the duration ends with the last byte.
    """
    opentelemetry = sys.modules.get(OPENTELEMETRY)
    if opentelemetry is None:
        return ""
    context = opentelemetry.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid and context.trace_flags.sampled else ""
