"""Which of the processes that wrote files still live."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from kubeglass.instrument.exposition.pieces import Pause, let_others_run
from kubeglass.instrument.multiprocess.file_name import FileName


def dead_owners(folder: Path, names: Iterable[FileName], pause: Pause = let_others_run) -> set[str]:
    """Return the owners of these files that have ended.

    Ours are asked by their lock, which the kernel drops with the process; it cannot be mistaken when a pid is given to
    another process. Of prometheus_client's own files only the pid is known: when that was given away, the file counts
    as a living process's, so it stays, and totals stay right.
    """
    first = {name.owner: name for name in names if not name.is_folded}
    dead = set()
    for owner, name in first.items():
        is_alive = is_locked(folder / name.name) if name.is_ours else is_running(name.pid)
        if not is_alive:
            dead.add(owner)
        pause()
    return dead


def is_locked(path: Path) -> bool:
    """Say whether a process holds the lock on its file; a file that is gone counts as held."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        # A shared lock: two that ask at once must not take each other for the owner.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_running(pid: int) -> bool:
    """Say whether a process has this pid."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
