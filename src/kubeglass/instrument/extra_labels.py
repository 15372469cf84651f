"""An application's own labels: fixed texts, or functions of the request."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from kubeglass.instrument.options import ExtraLabel

logger = logging.getLogger("kubeglass.instrument")

#: The label's value when its function raises: a metric must not break an answer.
FAILED = "<error>"


class ExtraLabels:
    """Values of the extra labels for each request, in the order they were given.

    Args:
        labels: name to text, or to a function of the framework's request object.
    """

    def __init__(self, labels: Mapping[str, ExtraLabel]) -> None:
        self._labels = labels
        self._fixed: tuple[str, ...] | None = None
        if not any(callable(value) for value in labels.values()):
            self._fixed = tuple(writable(str(value)) for value in labels.values())
        self._failed: set[str] = set()

    def of(self, request: Any) -> tuple[str, ...]:
        """Return the values for one request.

        Args:
            request: the framework's object, or None if there is none: then a function's label is empty.
        """
        if self._fixed is not None:
            return self._fixed
        if request is None:
            return tuple("" if callable(value) else value for value in self._labels.values())
        return tuple(
            value if isinstance(value, str) else self._call(name, value, request)
            for name, value in self._labels.items()
        )

    def _call(self, name: str, function: Callable[[Any], str], request: Any) -> str:
        try:
            return writable(str(function(request)))
        except Exception:  # whatever an application's function raises
            if name not in self._failed:
                self._failed.add(name)
                logger.exception("extra label %r: its function failed; %r stands in its place", name, FAILED)
            return FAILED


def writable(text: str) -> str:
    r"""Return a text as UTF-8 can carry it: JSON's ``"\\ud800"`` makes a lone surrogate, which it cannot."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()
