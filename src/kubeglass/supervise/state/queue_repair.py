"""Puts the collector's queue aside when the collector died of it, as it would at every further start."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: Appended to the name of a file that was put aside. One is kept of each queue: the newest.
ASIDE = ".damaged"

#: What the collector calls the file of an exporter's queue; its temporary files are called otherwise.
QUEUES = "exporter_*"

#: The file is a bbolt database. Opening it fails with an error of bbolt's (its errors package), or in a panic, whose
#: trace begins with the innermost call.
_REFUSED = re.compile(r"exporter: (invalid database|version mismatch|checksum error|file size too small)$")
_PANIC = re.compile(r"panic: |unexpected fault address ")
_FRAME = "go.etcd.io/bbolt"
_FRAME_LINES = 12


@dataclass(frozen=True, slots=True)
class QueueRepair:
    """What is done when the collector has died.

    Args:
        folder: where its queues are.
    """

    folder: Path

    def __call__(self, lines: Sequence[str]) -> tuple[str, ...]:
        """Put the queues aside if the collector's last ``lines`` say that it cannot read one.

        Returns:
            A line for each queue: that it was put aside, or could not be.
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
