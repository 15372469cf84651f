"""Durations as Prometheus writes them: ``15s``, ``1m30s``."""

from __future__ import annotations

import re

#: Seconds.
MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR

#: Prometheus's own grammar: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#duration
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY, "y": 365 * DAY}
DURATION = r"(?:[0-9]{1,12}(?:ms|[smhdwy]))+"
_PART = re.compile(r"([0-9]+)(ms|[smhdwy])")

#: Seconds. Prometheus and the collector count nanoseconds in 64 bits, which end after 292 years.
LONGEST_DURATION = 100 * _UNIT_SECONDS["y"]


def parse_duration(text: object) -> float:
    """Read a duration such as ``15s`` or ``1m30s``.

    Args:
        text: the duration as written; a number has no unit and is refused, as ``10`` would mean 10 ns to the collector.

    Returns:
        The duration in seconds.

    Raises:
        ValueError: it is not a duration, or a longer one than engines count; the message says what is expected.
    """
    if not isinstance(text, str) or not re.fullmatch(DURATION, text):
        raise ValueError("must be a duration with a unit, such as 15s, 1m30s or 500ms")
    seconds = sum(int(number) * _UNIT_SECONDS[unit] for number, unit in _PART.findall(text))
    if seconds > LONGEST_DURATION:
        raise ValueError("must be at most 100y, the most the engines accept")
    return seconds


def format_duration(seconds: float) -> str:
    """Write ``seconds`` the way Prometheus does: the longest exact unit first (``90.0`` becomes ``1m30s``)."""
    rest = round(seconds * 1000)
    if rest == 0:
        return "0s"
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
