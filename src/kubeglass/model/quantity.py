"""Durations (``15s``, ``1m30s``, ``500ms``) and percentages (``99.9%``), which become numbers."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema

#: Prometheus's own grammar: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#duration
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_DURATION = r"(?:[0-9]{1,12}(?:ms|[smhdwy]))+"
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
    if not isinstance(text, str) or not re.fullmatch(_DURATION, text):
        raise ValueError("must be a duration with a unit, such as 15s, 1m30s or 500ms")
    seconds = sum(int(number) * _UNIT_SECONDS[unit] for number, unit in _PART.findall(text))
    if seconds > LONGEST_DURATION:
        raise ValueError("must be at most 100y, as engines count no further")
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


def format_percent(percent: float) -> str:
    """Write a percentage with every digit it was given: ``99.99999999%`` is not ``100%``."""
    return f"{percent:.15g}%"


def _validate_duration(value: object, info: ValidationInfo) -> float:
    # Code passes seconds as a float; in a file a bare number has no unit.
    written = bool(info.context and info.context.get("written"))
    return value if isinstance(value, float) and not written else parse_duration(value)


def _validate_percent(value: object) -> float:
    text = value[:-1] if isinstance(value, str) and value.endswith("%") else value
    try:
        percent = float(text)  # type: ignore[arg-type]  # what float() refuses is the user's mistake, said below
    except (TypeError, ValueError):
        percent = -1.0
    if isinstance(value, bool) or not 0 < percent < 100:
        raise ValueError("must be a percentage between 0 and 100, such as 99.9%")
    return percent


#: Seconds as a float, written in a file as ``15s``.
Duration = Annotated[
    float,
    BeforeValidator(_validate_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION}$", "examples": ["15s", "1m30s", "500ms"]}),
]

#: A percentage as a float above 0 and below 100, written ``99.9%`` or ``99.9``.
Percent = Annotated[
    float,
    BeforeValidator(_validate_percent),
    PlainSerializer(format_percent, return_type=str, when_used="json"),
    WithJsonSchema({"type": ["string", "number"], "pattern": r"^\d+(\.\d+)?%?$", "examples": ["99.9%"]}),
]
