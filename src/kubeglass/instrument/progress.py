"""How many requests are being answered: in memory without a lock, in a file with one."""

from __future__ import annotations

from collections import deque

from kubeglass.catalog import Metric
from kubeglass.instrument.cells import MemoryStore, Store
from kubeglass.instrument.children import Value, make_value


class MemoryProgress:
    """A count that needs no lock: a deque grows and shrinks in one step of the interpreter."""

    def __init__(self) -> None:
        requests: deque[None] = deque()
        #: Call with None at a request's begin.
        self.begin = requests.append
        #: Call at its end.
        self.end = requests.pop
        self._count = requests.__len__
        self.texts: tuple[str, ...] | None = None

    def read(self) -> float:
        """Return how many there are."""
        return float(self._count())


class SharedProgress:
    """A count that other processes see.

    Args:
        value: the gauge's only child.
        store: where it lives.
    """

    def __init__(self, value: Value, store: Store) -> None:
        self._value = value
        self._store = store
        self.read = value.read
        self.texts: tuple[str, ...] | None = None

    def begin(self, _: None) -> None:
        """Count one more; a fork's first request makes its files."""
        if self._store.is_stale:
            self._store.renew()
            self._store.complain()
        with self._store.lock:
            self._value.add(1.0)

    def end(self) -> None:
        """Count one less."""
        with self._store.lock:
            self._value.add(-1.0)


Progress = MemoryProgress | SharedProgress


def make_progress(metric: Metric, names: tuple[str, ...], values: tuple[str, ...], store: Store) -> Progress:
    """Make the only child of the gauge."""
    if isinstance(store, MemoryStore):
        return MemoryProgress()
    return SharedProgress(make_value(metric, names, values, store), store)
