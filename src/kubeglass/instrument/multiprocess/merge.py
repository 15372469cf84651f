"""Adding up what several files say of the same samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kubeglass.instrument.exposition.pieces import Pause, let_others_run
from kubeglass.instrument.multiprocess.reader import ValueReader

#: Number of a sample to its value and, for gauges of which the latest counts, when it was set.
Totals = dict[int, float]

#: Samples that are added up before others get their turn: about a millisecond's work.
SLICE = 10_000


def add_up(kind: str, readers: Iterable[ValueReader], size: int, pause: Pause = let_others_run) -> Totals:
    """Combine the values of all files of one kind, as prometheus_client's multiprocess modes define it.

    Args:
        kind: the kind of these files.
        readers: the files; their ``series`` are numbered.
        size: how many numbers there are.
        pause: called every millisecond or so.
    """
    mode = kind.removeprefix("gauge_").removeprefix("live")
    if mode == "mostrecent":
        return {number: value for number, (_, value) in latest(readers, pause).items()}
    if mode in _CHOICES:
        return _choose(readers, _CHOICES[mode], pause)
    return _sum(readers, size, pause)


def latest(readers: Iterable[ValueReader], pause: Pause = let_others_run) -> dict[int, tuple[float, float]]:
    """Return when each sample was last set in any file, and to what."""
    found: dict[int, tuple[float, float]] = {}
    for reader in readers:
        for number, value, when in zip(reader.series, reader.values(), reader.timestamps(), strict=False):
            if number not in found or found[number][0] < when:
                found[number] = (when, value)
        pause()
    return found


def _slices(readers: Iterable[ValueReader], pause: Pause) -> Iterator[tuple[list[int], tuple[float, ...]]]:
    for reader in readers:
        series, values = reader.series, reader.values()
        if len(series) <= SLICE:
            yield series, values
            pause()
            continue
        for start in range(0, len(series), SLICE):
            yield series[start : start + SLICE], values[start : start + SLICE]
            pause()


def _sum(readers: Iterable[ValueReader], size: int, pause: Pause) -> Totals:
    totals = [0.0] * size
    present: set[int] = set()
    for series, values in _slices(readers, pause):
        present.update(series)
        for number, value in zip(series, values, strict=False):
            totals[number] += value
    return {number: totals[number] for number in present}


def _choose(readers: Iterable[ValueReader], choose: Callable[[float, float], float], pause: Pause) -> Totals:
    totals: Totals = {}
    for series, values in _slices(readers, pause):
        for number, value in zip(series, values, strict=False):
            totals[number] = choose(totals[number], value) if number in totals else value
    return totals


_CHOICES: dict[str, Callable[[float, float], float]] = {"min": min, "max": max}
