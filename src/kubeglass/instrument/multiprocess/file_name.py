"""What a value file's name says: the kind of its values and whose they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: ``counter_123.db`` is prometheus_client's, ``counter_123-0a1b2c3d.db`` ours, ``counter_folded.db`` holds the dead's.
NAME = re.compile(
    r"(?P<kind>counter|histogram|summary|gauge_[a-z]+)_(?P<owner>(?P<pid>\d+)(?P<token>-\w+)?|folded)\.db"
)
FOLDED = "folded"

#: Gauges that say something of a process only while it lives. For ``all`` that is a choice of ours: prometheus_client
#: shows a dead worker's last word for ever, and so another series for every worker that ever was.
TRANSIENT = frozenset(
    {"gauge_all", "gauge_liveall", "gauge_livesum", "gauge_livemin", "gauge_livemax", "gauge_livemostrecent"}
)

#: Gauges shown for each process, with a ``pid`` label.
PER_PROCESS = frozenset({"gauge_all", "gauge_liveall"})


@dataclass(frozen=True, slots=True)
class FileName:
    """A value file's name, taken apart.

    Args:
        name: the whole name.
        kind: ``counter``, ``histogram``, ``summary`` or ``gauge_<multiprocess mode>``.
        owner: the process, as the name tells it; ``folded`` for the dead.
        pid: its process id, 0 for the dead.
        is_ours: whether the owner holds a lock on the file while it lives.
    """

    name: str
    kind: str
    owner: str
    pid: int
    is_ours: bool

    @property
    def is_folded(self) -> bool:
        """Whether the file holds the totals of the dead."""
        return self.owner == FOLDED


def parse_name(name: str) -> FileName | None:
    """Take a file's name apart; None if it is not a value file's."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    return FileName(name, match["kind"], match["owner"], int(match["pid"] or 0), is_ours=bool(match["token"]))
