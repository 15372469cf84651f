"""The library's own metrics: children by label values, and never more of them than allowed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from kubeglass.catalog import OVERFLOW, Metric
from kubeglass.instrument.cells import Store

logger = logging.getLogger("kubeglass.instrument")

Child = TypeVar("Child")
ChildMaker = Callable[[Metric, tuple[str, ...], tuple[str, ...], Store], Child]


class BoundedMetric(Generic[Child]):
    """One metric of the catalogue with at most ``max_series`` children, and one more for all the rest.

    Args:
        metric: name, help, buckets.
        names: label names: the metric's own and the application's extra ones.
        make: makes a child.
        store: where its cells live.
        max_series: how many sets of label values get a child of their own.
    """

    def __init__(
        self, metric: Metric, names: tuple[str, ...], make: ChildMaker[Child], store: Store, max_series: int
    ) -> None:
        self.metric = metric
        self.names = names
        self._make = make
        self._store = store
        self.max_series = max_series
        self._children: dict[tuple[str, ...], Child] = {}
        self._has_overflowed = False

    def child(self, values: tuple[str, ...]) -> Child:
        """Return the child of these label values, or the overflow child when there is no room for a new one."""
        with self._store.lock:
            found = self._children.get(values)
            if found is not None:
                return found
            has_room = len(self._children) < self.max_series
            if has_room:
                child = self._add(values)
            else:
                overflow = (OVERFLOW,) * len(self.names)
                child = self._children.get(overflow) or self._add(overflow)
        # After the lock: a log handler may wait for a thread that waits for it.
        self._store.complain()
        if not has_room:
            self._warn_once()
        return child

    def items(self) -> Iterator[tuple[tuple[str, ...], Child]]:
        """Yield label values and child, in the order they came."""
        with self._store.lock:
            children = list(self._children.items())
        return iter(children)

    def _add(self, values: tuple[str, ...]) -> Child:
        child = self._children[values] = self._make(self.metric, self.names, values, self._store)
        return child

    def _warn_once(self) -> None:
        if not self._has_overflowed:
            self._has_overflowed = True
            logger.warning(
                "%s: more than %d sets of label values (max_series); further ones are counted under %r",
                self.metric.name,
                self.max_series,
                OVERFLOW,
            )
