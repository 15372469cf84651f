"""Cells of doubles that hold the values of metrics, in memory or in a memory-mapped file.

A request adds to a few cells under one lock, with the same code and at the same cost in both.
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
    """One double: ``cell.view[cell.index] += amount`` adds to it, under the store's lock."""

    __slots__ = ("index", "view")

    def __init__(self, view: Doubles, index: int) -> None:
        self.view = view
        self.index = index


class Store(Protocol):
    """Allocates cells.

    ``lock`` guards every addition to them. It is re-entrant because garbage collection in the middle of an addition can
    run a destructor that counts something. The functions in ``when_renewed`` are called when cells have moved.
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
        """Give this process cells of its own after a fork; call it before adding if ``is_stale``."""

    def complain(self) -> None:
        """Log a failure to write cells. Call it without the lock."""


class MemoryStore:
    """Cells in memory; a fork continues from its parent's values."""

    is_stale = False

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.when_renewed: list[Callable[[], object]] = []
        self._values: list[float] = []
        FORK_AWARE.add(self)

    def allocate(self, kind: str, key: str) -> Cell:  # noqa: ARG002  # only files need names
        """Return a cell with value 0."""
        self._values.append(0.0)
        return Cell(self._values, len(self._values) - 1)

    def renew(self) -> None:
        """Do nothing: values in memory are never stale."""

    def complain(self) -> None:
        """Do nothing: memory has no write errors."""

    def note_fork(self) -> None:
        """Do nothing: the child has its own copy."""


class ForkAware(Protocol):
    """Something with a lock that a fork must not inherit while it is held."""

    lock: threading.RLock

    def note_fork(self) -> None:
        """Release what belongs to the parent; the lock is held."""


FORK_AWARE: weakref.WeakSet[ForkAware] = weakref.WeakSet()


#: Allows one fork at a time, and lists the locks it holds: stores may come and go meanwhile.
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
    # Not held if a server reports the fork only afterwards, like uWSGI with --py-call-osafterfork.
    if _forking.locked():
        _forking.release()


def _note_fork() -> None:
    for store in _held:
        store.note_fork()
    _release_locks()


# Holding the locks during the fork keeps a child from inheriting one that another thread holds.
os.register_at_fork(before=_hold_locks, after_in_parent=_release_locks, after_in_child=_note_fork)
