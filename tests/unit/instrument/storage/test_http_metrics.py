"""Adding to a request's series happens under the store's lock."""

from __future__ import annotations

import threading
from typing import Any

from kubeglass.instrument.storage.cells import Cell
from kubeglass.instrument.storage.children import HistogramChild, Value
from kubeglass.instrument.storage.http_metrics import RequestSeries


class Watched(list[float]):
    """Doubles that notice who adds to them without the lock."""

    def __init__(self, lock: threading.RLock) -> None:
        super().__init__([0.0])
        self.lock: Any = lock
        self.was_locked: list[bool] = []

    def __setitem__(self, index: Any, value: Any) -> None:
        self.was_locked.append(self.lock._is_owned())
        super().__setitem__(index, value)


def test_a_request_is_added_under_the_lock() -> None:
    lock = threading.RLock()
    doubles = [Watched(lock) for _ in range(4)]
    count, total, low, high = (Cell(each, 0) for each in doubles)
    series = RequestSeries(Value(count), HistogramChild((1.0, float("inf")), total, (low, high)), None, lock)

    assert series.add(0.5) == 0

    assert [list(each) for each in doubles] == [[1.0], [0.5], [1.0], [0.0]]
    assert [each.was_locked for each in doubles] == [[True], [True], [True], []]
