"""A query that failed, said in the shape Prometheus uses, so that a panel shows it like any other error."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response


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
