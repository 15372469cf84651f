"""The garbage collector's work in every worker, counted as it happens.

``gc.get_stats`` tells only of the process that asks, and a scrape is answered by one worker of many. So each worker
counts its own collections, next to its requests.
"""

from __future__ import annotations

import gc

from prometheus_client.mmap_dict import mmap_key

from kubeglass.catalog import GC_COLLECTED, GC_COLLECTIONS, GC_UNCOLLECTABLE, Metric
from kubeglass.instrument.cells import Cell, Store

GENERATIONS = 3


def count_collections(store: Store) -> None:
    """Count every collection from now on; call it once for a store."""
    cells = [
        (
            _cell(GC_COLLECTIONS, number, store),
            _cell(GC_COLLECTED, number, store),
            _cell(GC_UNCOLLECTABLE, number, store),
        )
        for number in range(GENERATIONS)
    ]

    def note(phase: str, info: dict[str, int]) -> None:
        if phase != "stop":
            return
        collections, collected, uncollectable = cells[info["generation"]]
        # A fork that has answered no request yet still has its parent's cells: nothing to count there.
        if store.is_stale:
            return
        with store.lock:
            _add(collections, 1)
            _add(collected, info["collected"])
            _add(uncollectable, info["uncollectable"])

    gc.callbacks.append(note)


def _cell(metric: Metric, generation: int, store: Store) -> Cell:
    family = metric.name.removesuffix("_total")
    return store.allocate("counter", mmap_key(family, metric.name, list(metric.labels), [str(generation)], metric.help))


def _add(cell: Cell, amount: float) -> None:
    cell.view[cell.index] += amount
