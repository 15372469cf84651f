"""What a scrape asks for in its Accept and Accept-Encoding headers."""

from __future__ import annotations

from kubeglass.instrument.exposition.formats import OPEN_METRICS, TEXT_0_0_4, TEXT_1_0_0, Format

#: Media type and version to format. Prometheus asks for all of them, each with its own weight.
OFFERED = {
    ("application/openmetrics-text", "1.0.0"): OPEN_METRICS,
    ("application/openmetrics-text", ""): OPEN_METRICS,
    ("text/plain", "1.0.0"): TEXT_1_0_0,
    ("text/plain", "0.0.4"): TEXT_0_0_4,
    ("text/plain", ""): TEXT_0_0_4,
    ("text/*", ""): TEXT_0_0_4,
    ("*/*", ""): TEXT_0_0_4,
}


def choose_format(accept: str) -> Format:
    """Return the format with the greatest weight in an Accept header (RFC 9110 section 12.5.1).

    Without one that is known it is the oldest text format, which everything reads.
    """
    best, best_weight = TEXT_0_0_4, 0.0
    for item in accept.split(","):
        media_type, parameters = _split(item)
        offered = OFFERED.get((media_type, parameters.get("version", "")))
        weight = _weight(parameters)
        if offered is not None and weight > best_weight:
            best, best_weight = offered, weight
    return best


def accepts_gzip(accept_encoding: str) -> bool:
    """Say whether an Accept-Encoding header allows gzip."""
    for item in accept_encoding.split(","):
        coding, parameters = _split(item)
        if coding in ("gzip", "x-gzip", "*"):
            return _weight(parameters) > 0
    return False


def _split(item: str) -> tuple[str, dict[str, str]]:
    value, *rest = item.split(";")
    pairs = (parameter.split("=", 1) for parameter in rest if "=" in parameter)
    return value.strip().lower(), {name.strip().lower(): text.strip().strip('"') for name, text in pairs}


def _weight(parameters: dict[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0
