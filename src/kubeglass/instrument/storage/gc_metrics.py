"""Count the garbage collections of every worker.

``gc.get_stats`` covers only the calling process, and one of many workers answers a scrape. So each worker counts its
own collections beside its requests.
"""

from __future__ import annotations

import gc
from collections import deque
from pathlib import Path

from prometheus_client.mmap_dict import mmap_key

from kubeglass.catalog import GC_COLLECTED, GC_COLLECTIONS, GC_UNCOLLECTABLE, Metric
from kubeglass.instrument.storage.cells import Cell, Store
from kubeglass.instrument.storage.file_store import FileStore

GENERATIONS = 3

_stores: dict[Path, FileStore] = {}


def count_collections(folder: Path, store: FileStore) -> None:
    """Count every collection of this process in the folder, once for all registries that share it.

    Args:
        folder: the multiprocess folder.
        store: a registry's store; when a fork renews it, the counts become the fork's own. It holds them if it is in
            ``folder`` itself.
    """
    counting = _stores.get(folder)
    if counting is None:
        counting = _stores[folder] = store if store.folder == folder else FileStore(folder)
        gc.callbacks.append(GcMetrics(counting).note)
    if counting is not store:
        store.when_renewed.append(counting.renew)


class GcMetrics:
    """Counts garbage collections in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cells = [
            [_cell(metric, number, store) for metric in (GC_COLLECTIONS, GC_COLLECTED, GC_UNCOLLECTABLE)]
            for number in range(GENERATIONS)
        ]
        self._waiting: deque[tuple[int, tuple[int, int, int]]] = deque()

    def note(self, phase: str, info: dict[str, int]) -> None:
        """Count one collection; this is a callback for ``gc.callbacks``.

        A collection can start at any line of any thread, even one that holds what the owner of the store's lock waits
        for. So this never waits: what cannot be counted now is counted with the next collection.
        """
        # A fork that has served no request yet still has its parent's cells.
        if phase != "stop" or self._store.is_stale:
            return
        self._waiting.append((info["generation"], (1, info["collected"], info["uncollectable"])))
        if not self._store.lock.acquire(blocking=False):
            return
        try:
            while self._waiting:
                generation, amounts = self._waiting.popleft()
                for cell, amount in zip(self._cells[generation], amounts, strict=True):
                    cell.view[cell.index] += amount
        finally:
            self._store.lock.release()


def _cell(metric: Metric, generation: int, store: Store) -> Cell:
    family = metric.name.removesuffix("_total")
    return store.allocate("counter", mmap_key(family, metric.name, list(metric.labels), [str(generation)], metric.help))
