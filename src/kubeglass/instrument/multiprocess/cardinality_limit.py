"""Keep the totals of dead workers within ``max_series``, however many label values they used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.mmap_dict import mmap_key

from kubeglass.catalog import OVERFLOW
from kubeglass.instrument.multiprocess.reader import Totals
from kubeglass.instrument.multiprocess.series_table import Identity, Labels, SeriesTable
from kubeglass.instrument.text.http_collector import HttpCollector
from kubeglass.instrument.text.registry import collectors_of

#: Family name to how many sets of label values it may have.
Limits = Mapping[str, int]


def limits_of(registry: CollectorRegistry) -> dict[str, int]:
    """Return how many series each family of the library's own may have."""
    return {
        metric.metric.name.removesuffix("_total"): metric.max_series
        for collector in collectors_of(registry)
        if isinstance(collector, HttpCollector)
        for metric in collector.every_metric()
    }


def limit_cardinality(
    table: SeriesTable, totals: Totals, limits: Limits, *, first: Iterable[int], living: Iterable[int]
) -> Totals:
    """Add what is over a family's limit to its overflow series, as a worker does with what it has no room for.

    What was kept once is kept for good, so that no counter goes back. So is what a living worker counts too: it is
    shown anyhow, and its total must not shrink to that worker's share.

    Args:
        table: the samples.
        totals: their values by number.
        limits: families that have a limit.
        first: numbers that were kept before, in the order in which they were.
        living: numbers that living workers have.
    """
    kept: dict[str, dict[Labels, None]] = {family: {} for family in limits}
    for number in _ordered(totals, first):
        identity = table.identities[number]
        if identity.family in kept and not is_overflow(identity):
            kept[identity.family].setdefault(identity.series)
    over = {family: list(found)[limits[family] :] for family, found in kept.items() if len(found) > limits[family]}
    if not over:
        return totals
    shown = {(table.identities[number].family, table.identities[number].series) for number in living}
    surplus = {(family, labels) for family, found in over.items() for labels in found} - shown
    limited: Totals = {}
    for number, value in totals.items():
        identity = table.identities[number]
        if (identity.family, identity.series) in surplus:
            number = overflow_number(table, identity)
        limited[number] = limited.get(number, 0.0) + value
    return limited


def is_overflow(identity: Identity) -> bool:
    """Return whether a sample belongs to the overflow series."""
    return all(value == OVERFLOW for _, value in identity.series)


def overflow_number(table: SeriesTable, identity: Identity) -> int:
    """Return the number of the overflow series' sample that stands for this one."""
    names = [name for name, _ in identity.labels]
    values = [value if name == "le" else OVERFLOW for name, value in identity.labels]
    key = mmap_key(identity.family, identity.sample, names, values, table.helps[identity.family])
    return table.number_all([key.encode()])[0]


def _ordered(totals: Totals, first: Iterable[int]) -> list[int]:
    return list(dict.fromkeys([*(number for number in first if number in totals), *sorted(totals)]))
