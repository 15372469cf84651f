"""Puts queue files of the collector aside that are damaged: it would die of them at every start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kubeglass.supervise.state.queue_file import find_damage

#: Appended to the name of a file that was put aside. One is kept of each queue: the newest.
ASIDE = ".damaged"

#: What the collector calls the file of an exporter's queue; its temporary files are called otherwise.
QUEUES = "exporter_*"


@dataclass(frozen=True, slots=True)
class QueueRepair:
    """What is done before each start of the collector.

    Args:
        folder: where its queues are.
    """

    folder: Path

    def __call__(self) -> tuple[str, ...]:
        """Put damaged files aside.

        Returns:
            What was put aside and why, a line each; also what could not be, as the collector says the rest.
        """
        queues = [path for path in sorted(self.folder.glob(QUEUES)) if path.suffix != ASIDE]
        return tuple(note for note in map(_repair, queues) if note)


def _repair(path: Path) -> str:
    try:
        damage = find_damage(path)
        if not damage:
            return ""
        aside = path.with_name(path.name + ASIDE)
        size = path.stat().st_size
        path.replace(aside)
    except OSError as error:
        return f"queue: {path} cannot be looked at ({error.strerror or error})"
    return (
        f"queue: {path} was damaged ({damage}); what waited in it, at most {size} bytes, is lost; kept as {aside.name}"
    )
