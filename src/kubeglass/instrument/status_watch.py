"""Noticing the status that is really sent, when more than the framework stands between view and server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsgiref.types import StartResponse


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
