"""The trace a request belongs to, from the W3C header or from OpenTelemetry's current span."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

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
