"""One line of a log, of a process or of a container."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class LogLine:
    """One line, who wrote it, and its timestamp: ISO 8601 in UTC, which sorts by time."""

    stamp: str
    name: str
    text: str
