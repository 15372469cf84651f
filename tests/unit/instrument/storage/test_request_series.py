"""Requests are added to their series under the store's lock, and none is pending for long."""

from __future__ import annotations

import threading
from typing import Any

from kubeglass.instrument.storage.cells import Cell
from kubeglass.instrument.storage.children import HistogramChild, Value
from kubeglass.instrument.storage.request_series import RequestSeries

#: Requests of each thread.
EACH = 10_000


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


def test_pending_requests_are_added_once_and_none_that_come_meanwhile_is_lost() -> None:
    values, lock = [0.0] * 4, threading.RLock()
    count, total, low, high = (Cell(values, index) for index in range(4))
    series = RequestSeries(Value(count), HistogramChild((1.0, float("inf")), total, (low, high)), None, lock)

    def finish_and_add() -> None:
        for number in range(EACH):
            series.pending.append(0.5 if number % 2 else 1.5)
            if not number % 97:
                series.add_pending()

    threads = [threading.Thread(target=finish_and_add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    series.add_pending()
    series.add_pending()

    assert values == [4 * EACH, 4 * EACH * 1.0, 2 * EACH, 2 * EACH]
