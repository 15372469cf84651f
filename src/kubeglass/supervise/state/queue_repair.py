"""Moves the collector's queue aside when it is damaged, which kills the collector at every start."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: Suffix of a file that was moved aside; the newest of each queue is kept.
ASIDE = ".damaged"

#: Files of the exporters' queues; the collector's temporary files have other names.
QUEUES = "exporter_*"

#: The file is a bbolt database. Opening a damaged one fails with an error of bbolt's errors package, or panics; the
#: innermost call comes first.
_REFUSED = re.compile(r"exporter: (invalid database|version mismatch|checksum error|file size too small)$")
_PANIC = re.compile(r"panic: |unexpected fault address ")
_FRAME = "go.etcd.io/bbolt"
_FRAME_LINES = 12


@dataclass(frozen=True, slots=True)
class QueueRepair:
    """Repairs the queues after the collector has died.

    Args:
        folder: folder of the queues.
    """

    folder: Path

    def __call__(self, lines: Sequence[str]) -> tuple[str, ...]:
        """Move the queues aside if the collector's last ``lines`` say that it cannot read one.

        Returns:
            A line for each queue: that it was moved aside, or could not be.
        """
        if not _blames_queue(lines):
            return ()
        return tuple(_put_aside(path) for path in sorted(self.folder.glob(QUEUES)) if path.suffix != ASIDE)


def _blames_queue(lines: Sequence[str]) -> bool:
    for number, line in enumerate(lines):
        if _REFUSED.search(line):
            return True
        if _PANIC.match(line) and any(_FRAME in frame for frame in lines[number : number + _FRAME_LINES]):
            return True
    return False


def _put_aside(path: Path) -> str:
    aside = path.with_name(path.name + ASIDE)
    try:
        size = path.stat().st_size
        path.replace(aside)
    except OSError as error:
        return f"queue: {path} is damaged and cannot be put aside ({error.strerror or error})"
    return f"queue: {path} was damaged; what waited in it, at most {size} bytes, is lost; kept as {aside.name}"
