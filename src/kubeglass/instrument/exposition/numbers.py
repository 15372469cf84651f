"""Numbers as Prometheus writes them."""

from __future__ import annotations

from math import inf, isnan

#: Go, and with it Prometheus, turns to exponents sooner than Python. prometheus_client turns at seven digits before the
#: point, and ``le`` label values must agree with the ones it writes.
EXPONENT_FROM = 1e6
LONGEST_PLAIN = 6


def format_number(value: float) -> str:
    """Write a double so that it reads back the same, as prometheus_client does."""
    if -EXPONENT_FROM < value < EXPONENT_FROM:
        return repr(value)
    if value == inf:
        return "+Inf"
    if value == -inf:
        return "-Inf"
    if isnan(value):
        return "NaN"
    text = repr(value)
    point = text.find(".")
    if value < 0 or point <= LONGEST_PLAIN:
        return text
    digits = text.replace(".", "", 1)
    mantissa = f"{digits[0]}.{digits[1:]}".rstrip("0.")
    return f"{mantissa}e+{point - 1:02d}"
