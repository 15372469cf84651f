"""Putting lines together without keeping other threads waiting.

Python lets another thread run only every few milliseconds, and a greenlet not at all, while one works through a large
answer. So the work is done in pieces, and after each the others get their turn.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable

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
