"""The log of the background process itself, like those of the processes it manages."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubeglass.supervise.process.log_buffer import MAX_LINE_BYTES, LogFile

#: As people ask for it: ``kubeglass logs supervisor``.
NAME = "supervisor"
_OUTPUTS = (1, 2)
#: A process that was handed our outputs may keep them open; it is not waited for longer.
_DRAIN_SECONDS = 1.0


@contextmanager
def logging_own_output(logs: Path) -> Iterator[None]:
    """Write into ``supervisor.log`` whatever this process and its libraries say on stdout and stderr meanwhile.

    Args:
        logs: folder of the log files.
    """
    reading, writing = os.pipe()
    reader = threading.Thread(target=_copy, args=(reading, logs / f"{NAME}.log"), name=f"log {NAME}", daemon=True)
    reader.start()
    before = [os.dup(output) for output in _OUTPUTS]
    for output in _OUTPUTS:
        os.dup2(writing, output)
    os.close(writing)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for output, original in zip(_OUTPUTS, before, strict=True):
            os.dup2(original, output)
            os.close(original)
        reader.join(_DRAIN_SECONDS)


def _copy(reading: int, path: Path) -> None:
    with os.fdopen(reading, "rb") as stream, LogFile(path) as file:
        while piece := stream.readline(MAX_LINE_BYTES):
            # A full disk must not block us on our own pipe.
            with contextlib.suppress(OSError):
                file.write(piece.decode(errors="replace").rstrip("\r\n"))
