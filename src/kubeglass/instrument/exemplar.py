"""The trace a request belongs to, from the W3C header or from OpenTelemetry's current span."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

#: Imported by whoever uses OpenTelemetry, never by this library.
OPENTELEMETRY = "opentelemetry.trace"

#: Length of ``00-<32 hex digits>-<16 hex digits>-<2 hex digits>``, https://www.w3.org/TR/trace-context/#traceparent-header
TRACEPARENT_LENGTH = 55
HEX = frozenset("0123456789abcdef")
NO_TRACE = "0" * 32


def parse_traceparent(environ: WSGIEnvironment) -> str | None:
    """Return the trace id of a request's ``traceparent`` header if it is well-formed and the trace sampled, or None."""
    header = environ.get("HTTP_TRACEPARENT", "")
    if len(header) < TRACEPARENT_LENGTH or header[2] != "-" or header[35] != "-" or header[52] != "-":
        return None
    trace, flags = header[3:35], header[53:55]
    if not HEX.issuperset(trace) or trace == NO_TRACE or not HEX.issuperset(flags):
        return None
    return trace if int(flags, 16) & 1 else None


def current_trace() -> str:
    """Return the id of the trace of OpenTelemetry's current span if it is recorded, or nothing.

    The span is current only while the framework handles the request, whereas the duration ends with the last byte.
    """
    opentelemetry = sys.modules.get(OPENTELEMETRY)
    if opentelemetry is None:
        return ""
    context = opentelemetry.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid and context.trace_flags.sampled else ""
