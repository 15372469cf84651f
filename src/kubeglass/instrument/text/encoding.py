"""Negotiate a scrape's format and encoding, and encode its lines without keeping other threads waiting.

Python lets another thread run only every few milliseconds, and a greenlet not at all, while one works through a large
answer. So the work is done in pieces, and after each the others get their turn.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable

from kubeglass.instrument.text.format import OPEN_METRICS, TEXT_0_0_4, TEXT_1_0_0, Format

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


#: Lines, or groups of lines, in a piece: a millisecond's work, or less.
PIECE = 250

#: Seconds of work after which others get their turn. Not sooner: whoever gets it may keep it for Python's own switch
#: interval of 5 ms, which would make a large scrape slow beside a busy thread.
TURN_SECONDS = 0.002

#: zlib's fastest: /metrics is repetitive, level 1 makes it a tenth of its size at a third of the cost of level 6.
GZIP_LEVEL = 1
GZIP_HEADER = 16 + zlib.MAX_WBITS

#: Gives others their turn.
Pause = Callable[[], None]


def let_others_run() -> None:
    """Give up the interpreter for a moment; under gevent, let other greenlets run."""
    # Looked up at each call: gevent may have replaced it since.
    time.sleep(0)


class Pace:
    """Called often, lets others run now and then."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def __call__(self) -> None:
        """Let others run if their last turn was a while ago."""
        if time.perf_counter() - self._since >= TURN_SECONDS:
            let_others_run()
            self._since = time.perf_counter()


def join_lines(lines: Iterable[str], *, gzip: bool = False, pause: Pause | None = None) -> bytes:
    """Join lines to one body, encoded as UTF-8 and compressed if asked for, pausing between pieces.

    Args:
        lines: the lines; what of them no UTF-8 can carry is escaped, so that one bad text costs no whole scrape.
        gzip: whether to compress.
        pause: called after every piece.
    """
    pause = pause or Pace()
    compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_HEADER) if gzip else None
    body = bytearray()

    def take(piece: list[str]) -> None:
        data = "".join(piece).encode(errors="backslashreplace")
        body.extend(data if compressor is None else compressor.compress(data))
        pause()

    piece: list[str] = []
    for line in lines:
        piece.append(line)
        if len(piece) >= PIECE:
            take(piece)
            piece = []
    take(piece)
    if compressor is not None:
        body.extend(compressor.flush())
    return bytes(body)
