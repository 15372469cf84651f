"""What the page may ask of Prometheus: read-only endpoints and their parameters. Everything else is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

_EVALUATION = frozenset({"query", "timeout", "limit", "lookback_delta", "stats"})
_SELECTION = frozenset({"match[]", "start", "end", "limit"})

#: Other names are sent in Prometheus's ``U__`` escaping, which uses this alphabet.
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,255}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of Prometheus's HTTP API.

    Args:
        path: path below ``/api/v1/``.
        parameters: names that are forwarded.
        method: POST where Prometheus accepts it, so that a long query fits.
    """

    path: str
    parameters: frozenset[str]
    method: str = "POST"

    def refused(self, names: Iterable[str]) -> list[str]:
        """List the unknown parameters, unique and sorted."""
        return sorted(set(names) - self.parameters)


_FIXED = {
    endpoint.path: endpoint
    for endpoint in (
        Endpoint("query", _EVALUATION | {"time"}),
        Endpoint("query_range", _EVALUATION | {"start", "end", "step"}),
        Endpoint("series", _SELECTION),
        Endpoint("labels", _SELECTION),
        Endpoint("metadata", frozenset({"metric", "limit", "limit_per_metric"}), method="GET"),
    )
}


def find_endpoint(path: str) -> Endpoint | None:
    """Return the endpoint at ``path`` below ``/api/v1/``, or None if the page may not use it."""
    if path in _FIXED:
        return _FIXED[path]
    match path.split("/"):
        case ["label", name, "values"] if _LABEL_NAME.fullmatch(name):
            return Endpoint(path, _SELECTION, method="GET")
    return None


class QueryError(Exception):  # a response to the page, not an error of this server
    """A failed query, formatted as Prometheus formats errors, so that a panel shows it.

    Args:
        status: HTTP status code.
        error_type: Prometheus's name for the kind of error: ``bad_data``, ``timeout``, ``unavailable``, ``not_found``.
        error: the message for the panel.
    """

    def __init__(self, status: int, error_type: str, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error_type = error_type

    def response(self) -> Response:
        """Return the JSON response."""
        document = {"status": "error", "errorType": self.error_type, "error": str(self)}
        return JSONResponse(document, self.status, {"Cache-Control": "no-store"})
