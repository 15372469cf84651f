"""Runs side by side start one after the other: each looks for free ports, and two that look at once find the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Starts:
    """Whose turn it is to start.

    Args:
        count: how many runs there will be.
    """

    def __init__(self, count: int) -> None:
        self._pending = count
        self._turn = threading.Lock()
        self._changed = threading.Condition()

    @contextmanager
    def take_turn(self) -> Iterator[None]:
        """Start while nobody else does."""
        try:
            with self._turn:
                yield
        finally:
            with self._changed:
                self._pending -= 1
                self._changed.notify_all()

    def wait_for_others(self) -> None:
        """Wait until nobody is going to look for ports: one that an engine leaves for a moment would be taken."""
        with self._changed:
            self._changed.wait_for(lambda: self._pending <= 0)
