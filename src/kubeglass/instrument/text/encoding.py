"""Negotiate a scrape's format and coding, and encode its lines without delaying other threads.

While one thread writes a large response, Python lets another run only every few milliseconds, and gevent lets no
greenlet run. So the work is done in pieces, with a pause after each.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from kubeglass.instrument.text.format import OPEN_METRICS, TEXT_0_0_4, TEXT_1_0_0, Format

#: Each format's media type and version. Of those that a client prefers equally, the first is sent.
OFFERED = {
    TEXT_0_0_4: ("text/plain", "0.0.4"),
    TEXT_1_0_0: ("text/plain", "1.0.0"),
    OPEN_METRICS: ("application/openmetrics-text", "1.0.0"),
}

#: RFC 9110 sections 5.6.1, 5.6.6 and 12.4.2: separators may be quoted, and only these numbers are weights.
ITEM = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*")+')
PARAMETER = re.compile(r'(?:[^;"]|"(?:\\.|[^"\\])*")+')
WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


def choose_format(accept: str) -> Format:
    """Return the format with the greatest weight in an Accept header (RFC 9110 section 12.5.1).

    Of equals it is the one named first; if none is acceptable, it is the oldest text format rather than an error.
    """
    items, best, best_rank = list(_items(accept)), TEXT_0_0_4, (0.0, 0)
    for format_, (media_type, version) in OFFERED.items():
        matches = [
            ((-wanted.count("*"), "version" in parameters), weight, -position)  # the most specific range decides
            for position, (wanted, parameters, weight) in enumerate(items)
            if wanted in (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
            and parameters.get("version", version) == version
        ]
        _, weight, place = max(matches, default=((0, False), 0.0, 0))
        if (weight, place) > best_rank:
            best, best_rank = format_, (weight, place)
    return best


def choose_coding(accept_encoding: str) -> str | None:
    """Return ``gzip`` or ``identity``, whichever an Accept-Encoding header prefers, or None if it forbids both.

    RFC 9110 section 12.5.3: ``*`` means every coding not named, and ``identity`` is acceptable unless forbidden.
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


#: Lines, or groups of lines, in a piece: at most a millisecond's work.
PIECE = 250

#: Seconds of work after which others may run. Not sooner: a busy thread then runs for Python's switch interval of 5 ms,
#: which would make a large scrape slow.
TURN_SECONDS = 0.002

#: Metrics are repetitive: level 1 makes them a tenth of their size at a third of the cost of level 6.
GZIP_LEVEL = 1
GZIP_HEADER = 16 + zlib.MAX_WBITS

#: Lets others run.
Pause = Callable[[], None]


def let_others_run(seconds: float = 0.0) -> None:
    """Yield to other threads or, under gevent, greenlets."""
    # Looked up at each call: gevent may have replaced it.
    time.sleep(seconds)


class Pace:
    """A pause that lets others run only now and then, so that it can be called often.

    Args:
        work: seconds of work after which others may run.
        rest: seconds to rest then, or 0 to let those run that are ready.
    """

    def __init__(self, work: float = TURN_SECONDS, rest: float = 0.0) -> None:
        self._work = work
        self._rest = rest
        self._since = time.perf_counter()

    def __call__(self) -> None:
        """Let others run if they have not for a while."""
        if time.perf_counter() - self._since >= self._work:
            let_others_run(self._rest)
            self._since = time.perf_counter()


def join_lines(lines: Iterable[str], *, gzip: bool = False, pause: Pause | None = None) -> bytes:
    """Encode lines as UTF-8, compressed if ``gzip``, and call ``pause`` after each piece.

    Lone surrogates, which UTF-8 cannot encode, are escaped: one bad text must not fail a whole scrape.
    """
    pause = pause or Pace()
    compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_HEADER) if gzip else None
    body, rest = bytearray(), iter(lines)
    while piece := list(islice(rest, PIECE)):
        data = "".join(piece).encode(errors="backslashreplace")
        body += data if compressor is None else compressor.compress(data)
        pause()
    return bytes(body if compressor is None else body + compressor.flush())
