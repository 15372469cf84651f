"""Adding up what several files say of the same samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kubeglass.instrument.multiprocess.reader import ValueReader

#: Number of a sample to its value and, for gauges of which the latest counts, when it was set.
Totals = dict[int, float]


def add_up(kind: str, readers: Iterable[ValueReader], size: int) -> Totals:
    """Combine the values of all files of one kind, as prometheus_client's multiprocess modes define it.

    Args:
        kind: the kind of these files.
        readers: the files; their ``series`` are numbered.
        size: how many numbers there are.
    """
    mode = kind.removeprefix("gauge_").removeprefix("live")
    if mode == "mostrecent":
        return {number: value for number, (_, value) in latest(readers).items()}
    if mode in _CHOICES:
        return _choose(readers, _CHOICES[mode])
    return _sum(readers, size)


def latest(readers: Iterable[ValueReader]) -> dict[int, tuple[float, float]]:
    """Return when each sample was last set in any file, and to what."""
    found: dict[int, tuple[float, float]] = {}
    for reader in readers:
        for number, value, when in zip(reader.series, reader.values(), reader.timestamps(), strict=False):
            if number not in found or found[number][0] < when:
                found[number] = (when, value)
    return found


def _sum(readers: Iterable[ValueReader], size: int) -> Totals:
    totals = [0.0] * size
    present: set[int] = set()
    for reader in readers:
        present.update(reader.series)
        for number, value in zip(reader.series, reader.values(), strict=False):
            totals[number] += value
    return {number: totals[number] for number in present}


def _choose(readers: Iterable[ValueReader], choose: Callable[[float, float], float]) -> Totals:
    totals: Totals = {}
    for reader in readers:
        for number, value in zip(reader.series, reader.values(), strict=False):
            totals[number] = choose(totals[number], value) if number in totals else value
    return totals


_CHOICES: dict[str, Callable[[float, float], float]] = {"min": min, "max": max}
