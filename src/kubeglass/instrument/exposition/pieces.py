"""Putting lines together without keeping other threads waiting.

Python lets another thread run only every few milliseconds, and a greenlet not at all, while one works through a large
answer. So the work is done in pieces, and after each the others get their turn.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable

#: Lines, or groups of lines, in a piece: about a millisecond's work.
PIECE = 1000

#: zlib's fastest: /metrics is repetitive, level 1 makes it a tenth of its size at a third of the cost of level 6.
GZIP_LEVEL = 1
GZIP_HEADER = 16 + zlib.MAX_WBITS


def let_others_run() -> None:
    """Give up the interpreter for a moment; under gevent, let other greenlets run."""
    # Looked up at each call: gevent may have replaced it since.
    time.sleep(0)


def join_lines(lines: Iterable[str], *, gzip: bool = False, pause: Callable[[], None] = let_others_run) -> bytes:
    """Join lines to one body, encoded as UTF-8 and compressed if asked for, pausing between pieces."""
    compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_HEADER) if gzip else None
    body = bytearray()

    def take(piece: list[str]) -> None:
        data = "".join(piece).encode()
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
