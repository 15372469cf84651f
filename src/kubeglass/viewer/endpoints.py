"""What the page may ask Prometheus: read-only endpoints and their parameters. Everything else is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

_EVALUATION = frozenset({"query", "timeout", "limit", "lookback_delta", "stats"})
_SELECTION = frozenset({"match[]", "start", "end", "limit"})

#: Names outside this alphabet reach Prometheus in its own ``U__`` escaping, which stays inside it.
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,255}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of Prometheus's HTTP API.

    Args:
        path: path below ``/api/v1/``.
        parameters: names that are passed on.
        method: how Prometheus is asked; POST where it takes one, so that a long query fits.
    """

    path: str
    parameters: frozenset[str]
    method: str = "POST"

    def refused(self, names: Iterable[str]) -> list[str]:
        """List the parameters that this endpoint does not know, each once, in order."""
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
    """Return the endpoint at ``path`` below ``/api/v1/``, or None when the page has no business there."""
    if path in _FIXED:
        return _FIXED[path]
    match path.split("/"):
        case ["label", name, "values"] if _LABEL_NAME.fullmatch(name):
            return Endpoint(path, _SELECTION, method="GET")
    return None


class QueryFault(Exception):  # noqa: N818  # an answer to give, not an error of ours
    """An answer other than data.

    Args:
        status: HTTP status code.
        error_type: Prometheus's name for the kind of error: ``bad_data``, ``timeout``, ``unavailable``, ``not_found``.
        error: what is wrong, for the panel to show.
    """

    def __init__(self, status: int, error_type: str, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error_type = error_type

    def response(self) -> Response:
        """Write it as JSON."""
        document = {"status": "error", "errorType": self.error_type, "error": str(self)}
        return JSONResponse(document, self.status, {"Cache-Control": "no-store"})
