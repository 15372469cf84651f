"""Errors of the test bed."""

from __future__ import annotations

from pathlib import Path

LAST_LINES = 12


class BedError(Exception):
    """The test cluster cannot be built, started or reached; the message says why and what to do."""


def read_last_lines(path: Path, count: int = LAST_LINES) -> str:
    """Return the last ``count`` lines of a log, indented; nothing if it cannot be read."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "".join(f"\n  {line}" for line in lines[-count:])
