"""Negotiate a scrape's format and encoding, and encode its lines without keeping other threads waiting.

Python lets another thread run only every few milliseconds, and a greenlet not at all, while one works through a large
answer. So the work is done in pieces, and after each the others get their turn.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator

from kubeglass.instrument.text.format import OPEN_METRICS, TEXT_0_0_4, TEXT_1_0_0, Format

#: Each format's media type and version. Of those that a scrape wants equally the first is sent, which everything reads.
OFFERED = {
    TEXT_0_0_4: ("text/plain", "0.0.4"),
    TEXT_1_0_0: ("text/plain", "1.0.0"),
    OPEN_METRICS: ("application/openmetrics-text", "1.0.0"),
}

#: RFC 9110 sections 5.6.1, 5.6.6 and 12.4.2: separators do not count inside quotes, and a weight is no other number.
ITEM = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*")+')
PARAMETER = re.compile(r'(?:[^;"]|"(?:\\.|[^"\\])*")+')
WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


def choose_format(accept: str) -> Format:
    """Return the format with the greatest weight in an Accept header (RFC 9110 section 12.5.1).

    Of equals it is the one named first, and the oldest text format if none is acceptable: no answer would help nobody.
    """
    items, best, best_rank = list(_items(accept)), TEXT_0_0_4, (0.0, 0)
    for format_, (media_type, version) in OFFERED.items():
        matches = [
            (_specificity(wanted, parameters), weight, -position)
            for position, (wanted, parameters, weight) in enumerate(items)
            if wanted in (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
            and parameters.get("version", version) == version
        ]
        if matches:
            _, weight, place = max(matches)
            if weight > 0 and (best_rank[0] == 0 or (weight, place) > best_rank):
                best, best_rank = format_, (weight, place)
    return best


def choose_coding(accept_encoding: str) -> str | None:
    """Return ``gzip`` or ``identity``, whichever an Accept-Encoding header prefers, or None if it forbids both.

    RFC 9110 section 12.5.3: ``*`` is every coding that is not named, and ``identity`` is acceptable unless forbidden.
    """
    weights = {coding: weight for coding, _, weight in _items(accept_encoding)}
    others = weights.get("*")
    gzip = weights.get("gzip", weights.get("x-gzip", others or 0.0))
    identity = weights.get("identity", others)
    if gzip > 0 and gzip >= (identity or 0.0):
        return "gzip"
    return None if identity == 0 else "identity"


def _items(header: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield each value of a header with its parameters and weight; skip one whose weight is invalid."""
    for item in ITEM.findall(header):
        value, *rest = PARAMETER.findall(item)
        pairs = (text.partition("=") for text in rest)
        parameters = {name.strip().lower(): text.strip().strip('"') for name, _, text in pairs}
        weight = parameters.pop("q", "1")
        if WEIGHT.fullmatch(weight):
            yield value.strip().lower(), parameters, float(weight)


def _specificity(media_range: str, parameters: dict[str, str]) -> int:
    return 0 if media_range == "*/*" else 1 if media_range.endswith("/*") else 3 if "version" in parameters else 2


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


def let_others_run(seconds: float = 0.0) -> None:
    """Yield to other threads; under gevent, to other greenlets."""
    # Looked up at each call: gevent may have replaced it since.
    time.sleep(seconds)


class Pace:
    """Yields to others every so often; call it frequently.

    Args:
        work: seconds of work after which others get their turn.
        rest: seconds to rest then; with 0 whoever else wants to run is let through.
    """

    def __init__(self, work: float = TURN_SECONDS, rest: float = 0.0) -> None:
        self._work = work
        self._rest = rest
        self._since = time.perf_counter()

    def __call__(self) -> None:
        """Let others run if their last turn was a while ago."""
        if time.perf_counter() - self._since >= self._work:
            let_others_run(self._rest)
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
