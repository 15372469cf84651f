"""An error on its way from the process that met it to the one that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubeglass.errors import KubeglassError

_FIELDS = ("where", "wrong", "found", "hint", "details", "exit_code")


def describe_error(error: KubeglassError) -> dict[str, Any]:
    """Write an error down as JSON can hold it."""
    return {name: getattr(error, name) for name in _FIELDS}


class ReportedError(KubeglassError):
    """An error that another process met, with its exit code.

    Args:
        report: what :func:`describe_error` wrote.
    """

    def __init__(self, report: Mapping[str, Any]) -> None:
        super().__init__(
            report["where"],
            report["wrong"],
            found=report["found"],
            hint=report["hint"],
            details=tuple(report["details"]),
        )
        # The class's own number means nothing here: the error has been of another class.
        self.exit_code = report["exit_code"]  # type: ignore[misc]
