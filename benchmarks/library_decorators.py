"""Why the library has no decorator of its own: what prometheus_client's cost, and what one of ours could save.

"The cheapest possible" is not offered: it is what is left of a decorator when all that can go is gone. It keeps a clock,
a lock and this library's own way to add to a histogram, which no code can do without.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Histogram
from rounds import count_rounds, measure, write_result

from kubeglass.instrument.options import Options
from kubeglass.instrument.storage.cells import MemoryStore
from kubeglass.instrument.storage.http_metrics import HttpMetrics

CALLS = 20_000
ROUNDS = count_rounds(31)
REGISTRY = CollectorRegistry()
TAKEN = Histogram("taken_seconds", "Duration.", registry=REGISTRY)
CALLED = Counter("called_total", "Calls.", registry=REGISTRY)
FAILED = Counter("failed_total", "Exceptions.", registry=REGISTRY)


def plain(number: int) -> int:
    """Do next to nothing."""
    return number


@TAKEN.time()
def timed(number: int) -> int:
    """Do the same, timed by prometheus_client's decorator."""
    return number


def timed_inside(number: int) -> int:
    """Do the same, timed by prometheus_client's context manager."""
    with TAKEN.time():
        return number


def counted(number: int) -> int:
    """Do the same and count it."""
    CALLED.inc()
    return number


@FAILED.count_exceptions()
def watched(number: int) -> int:
    """Do the same, with exceptions counted by prometheus_client's decorator."""
    return number


def make_cheapest() -> Callable[[int], int]:
    """Make the cheapest decorator that measures the same, wrapped around the same function."""
    add = HttpMetrics(MemoryStore(), Options()).series("GET", "/", "200", ()).add
    clock = time.perf_counter

    def cheapest(number: int) -> int:
        began = clock()
        try:
            return number
        finally:
            add(clock() - began)

    return cheapest


def one_round(function: Callable[[int], int]) -> Callable[[], float]:
    """Return a function that calls it many times and tells the microseconds for each."""

    def run() -> float:
        began = time.thread_time()
        for number in range(CALLS):
            function(number)
        return (time.thread_time() - began) / CALLS * 1e6

    return run


def main() -> None:
    """Measure and write the result."""
    functions = {
        "a function": plain,
        "with prometheus_client's Histogram.time() as decorator": timed,
        "with prometheus_client's Histogram.time() inside": timed_inside,
        "with prometheus_client's Counter.inc() inside": counted,
        "with prometheus_client's count_exceptions() as decorator": watched,
        "with the cheapest possible timer": make_cheapest(),
    }
    runs = {name: one_round(function) for name, function in functions.items()}
    figures = measure(runs, rounds=ROUNDS, unit="µs of processor time per call")
    bare = figures["a function"].median
    write_result(
        "library_decorators",
        claim="no decorator of ours: what it could save is a small part of any function worth timing",
        method=f"medians of {ROUNDS} interleaved rounds of {CALLS:,} calls of a function that does nothing",
        figures=figures,
        derived={f"added {name}, µs": figures[name].median - bare for name in list(functions)[1:]},
    )


if __name__ == "__main__":
    main()
