"""Where values live: numbered cells of doubles, in this process's memory or in its file.

A request adds to a handful of cells under one lock. Whether a cell lies in a list or in a file mapped into memory
makes no difference to the code that adds, so counting costs the same in both.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Protocol, TypeAlias

#: Doubles that can be added to in place.
Doubles: TypeAlias = "list[float] | memoryview[float]"


class Cell:
    """One double: ``cell.view[cell.index] += amount`` adds to it, under the store's lock.

    Args:
        view: the doubles of a list or of a mapped file.
        index: which of them.
    """

    __slots__ = ("index", "view")

    def __init__(self, view: Doubles, index: int) -> None:
        self.view = view
        self.index = index


class Store(Protocol):
    """Allocates cells.

    ``lock`` guards every addition to them. It is re-entrant because the garbage collector can run a destructor that
    counts something in the middle of an addition. ``when_renewed`` is called when cells have moved.
    """

    lock: threading.RLock
    when_renewed: list[Callable[[], object]]

    @property
    def is_stale(self) -> bool:
        """Whether this process is a fork that still has its parent's cells."""

    def allocate(self, kind: str, key: str) -> Cell:
        """Return a cell with value 0.

        Args:
            kind: ``counter``, ``histogram`` or ``gauge_<multiprocess mode>``.
            key: the sample's identity, as prometheus_client's ``mmap_key`` writes it.
        """

    def renew(self) -> None:
        """Make the cells this process's own, after a fork; call it before adding when ``is_stale``."""

    def complain(self) -> None:
        """Log any failure to write cells. Call it without holding the lock."""


class MemoryStore:
    """Cells of one process; a fork goes on from its parent's values."""

    is_stale = False

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.when_renewed: list[Callable[[], object]] = []
        self._values: list[float] = []
        FORK_AWARE.add(self)

    def allocate(self, kind: str, key: str) -> Cell:  # noqa: ARG002  # memory needs no names
        """Return a cell with value 0."""
        self._values.append(0.0)
        return Cell(self._values, len(self._values) - 1)

    def renew(self) -> None:
        """Do nothing: values in memory are never stale."""

    def complain(self) -> None:
        """Do nothing: nothing goes wrong in memory."""

    def note_fork(self) -> None:
        """Do nothing: the child has a copy of its own."""


class ForkAware(Protocol):
    """A store that must notice that this process is a fork."""

    lock: threading.RLock

    def note_fork(self) -> None:
        """Let go of what is the parent's; the lock is held."""


FORK_AWARE: weakref.WeakSet[ForkAware] = weakref.WeakSet()


#: One fork at a time, and the locks it holds: stores may come and go meanwhile.
_forking = threading.Lock()
_held: list[ForkAware] = []


def _hold_locks() -> None:
    _forking.acquire()
    for store in list(FORK_AWARE):
        store.lock.acquire()
        _held.append(store)


def _release_locks() -> None:
    while _held:
        _held.pop().lock.release()
    # Not held where a server tells Python of a fork only afterwards: uWSGI's --py-call-osafterfork.
    if _forking.locked():
        _forking.release()


def _note_fork() -> None:
    for store in _held:
        store.note_fork()
    _release_locks()


# Holding the locks over the fork means that no child inherits one that another thread holds and never releases.
os.register_at_fork(before=_hold_locks, after_in_parent=_release_locks, after_in_child=_note_fork)
