"""What a container said before it ended, without the parts of tracebacks that tell nothing about the app; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

#: Lines of log read to choose from: a server that fails to start prints a traceback a worker, and one of its own.
LINES_READ = 200
LINES_SHOWN = 20

_FRAME = re.compile(r'\s+File "(?P<path>[^"]+)", line \d+')
#: Frames in these are the interpreter's, the server's and libraries'.
_FOREIGN = re.compile(r"/site-packages/|/lib/python\d|^<frozen ")


def choose_last_words(lines: Iterable[str]) -> list[str]:
    """Leave out frames of foreign code, and keep the last lines of what remains.

    Args:
        lines: a container's log, oldest first.
    """
    return list(_own_lines(lines))[-LINES_SHOWN:]


def _own_lines(lines: Iterable[str]) -> Iterator[str]:
    is_own = True
    for line in lines:
        frame = _FRAME.match(line)
        if frame:
            is_own = not _FOREIGN.search(frame["path"])
        elif not line.startswith(" "):
            is_own = True
        if is_own and line.strip():
            yield line
