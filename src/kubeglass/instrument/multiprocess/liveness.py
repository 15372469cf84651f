"""Tell which process a value file belongs to, and whether that process is alive."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kubeglass.instrument.text.encoding import Pause, let_others_run

#: ``counter_123.db`` is prometheus_client's, ``counter_123-0a1b2c3d.db`` ours, and ``counter_compacted.db`` holds the
#: totals of dead processes.
NAME = re.compile(
    r"(?P<kind>counter|histogram|summary|gauge_[a-z]+)_(?P<owner>(?P<pid>\d+)(?P<token>-\w+)?|compacted)\.db"
)
COMPACTED = "compacted"

#: Kinds of gauges that count only while their process lives. ``all`` is our choice: prometheus_client shows a dead
#: worker's last value forever, and so one more series for every worker that ever ran.
TRANSIENT = frozenset(
    {"gauge_all", "gauge_liveall", "gauge_livesum", "gauge_livemin", "gauge_livemax", "gauge_livemostrecent"}
)

#: Kinds of gauges that are shown for each process, with a ``pid`` label.
PER_PROCESS = frozenset({"gauge_all", "gauge_liveall"})


@dataclass(frozen=True, slots=True)
class FileName:
    """The parts of a value file's name.

    Args:
        name: the whole name.
        kind: ``counter``, ``histogram``, ``summary`` or ``gauge_<multiprocess mode>``.
        owner: the process as the name identifies it; ``compacted`` for the totals of dead processes.
        pid: its process id, 0 for these totals.
        is_ours: whether the owner holds a lock on the file while it lives.
    """

    name: str
    kind: str
    owner: str
    pid: int
    is_ours: bool

    @property
    def is_compacted(self) -> bool:
        """Whether the file holds the totals of dead processes."""
        return self.owner == COMPACTED


def parse_name(name: str) -> FileName | None:
    """Parse a file's name; return None if it is not a value file's."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    return FileName(name, match["kind"], match["owner"], int(match["pid"] or 0), is_ours=bool(match["token"]))


def dead_owners(folder: Path, names: Iterable[FileName], pause: Pause = let_others_run) -> set[str]:
    """Return the owners of these files that have ended.

    Owners of our files hold a lock, which the kernel drops with the process, so a reused pid cannot mislead. Of
    prometheus_client's files only the pid is known: while another process has it, the file is kept, and totals stay
    right.
    """
    first = {name.owner: name for name in names if not name.is_compacted}
    dead = set()
    for owner, name in first.items():
        is_alive = is_locked(folder / name.name) if name.is_ours else is_running(name.pid)
        if not is_alive:
            dead.add(owner)
        pause()
    return dead


def is_locked(path: Path, *, if_missing: bool = True) -> bool:
    """Return whether a process holds the lock on a file, or ``if_missing`` if there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return if_missing
    try:
        # A shared lock: two processes that check at once must not take each other for the owner.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_running(pid: int) -> bool:
    """Return whether a process with this pid exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
