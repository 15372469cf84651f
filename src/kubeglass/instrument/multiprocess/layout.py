"""How the samples of one kind are shown: texts before values, written once, in the order of their families."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kubeglass.instrument.exposition.formats import Format
from kubeglass.instrument.exposition.labels import sample_text
from kubeglass.instrument.exposition.numbers import format_number
from kubeglass.instrument.multiprocess.merge import Totals
from kubeglass.instrument.multiprocess.series_table import Labels, SeriesTable, bucket_text, group_buckets


@dataclass(frozen=True, slots=True)
class HistogramLines:
    """One histogram: text and number of each bucket in order, then of the sum; the count has no number of its own."""

    buckets: list[tuple[str, int]]
    count: str
    total: str
    total_number: int | None

    def write(self, totals: Totals, exemplars: Mapping[str, str]) -> str:
        """Write the lines, buckets made cumulative; empty if no file has this histogram."""
        cumulative, lines = 0.0, []
        for text, number in self.buckets:
            if number in totals:
                cumulative += totals[number]
                lines.append(f"{text} {format_number(cumulative)}{exemplars.get(text, '')}\n")
        if not lines:
            return ""
        lines.append(f"{self.count} {format_number(cumulative)}\n")
        if self.total_number in totals:
            lines.append(f"{self.total} {format_number(totals[self.total_number])}\n")
        return "".join(lines)


@dataclass(slots=True)
class Layout:
    """Families of one kind in the order they were first seen.

    Args:
        table: the samples.
        type_name: what the families are: ``counter``, ``gauge``, ``histogram`` or ``summary``.
    """

    table: SeriesTable
    type_name: str
    _size: int = 0
    _simple: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    _histograms: dict[str, list[HistogramLines]] = field(default_factory=dict)

    def families(self) -> list[str]:
        """Return the families' names; lay out samples that came since the last time."""
        identities = self.table.identities
        if self._size != len(identities):
            numbers: dict[str, list[int]] = {}
            for number, identity in enumerate(identities):
                numbers.setdefault(identity.family, []).append(number)
            if self.type_name == "histogram":
                self._histograms = {family: self._group(family, found) for family, found in numbers.items()}
            else:
                self._simple = {
                    family: [(identities[number].text, number) for number in found] for family, found in numbers.items()
                }
            self._size = len(identities)
        return list(self._histograms or self._simple)

    def write(self, family: str, totals: Totals, format_: Format, exemplars: Mapping[str, str]) -> Iterator[str]:
        """Yield the lines of one family; nothing if no file has any of it."""
        if self.type_name == "histogram":
            lines = (group.write(totals, exemplars) for group in self._histograms[family])
        else:
            lines = (
                f"{text} {format_number(totals[number])}\n" for text, number in self._simple[family] if number in totals
            )
        first = next((line for line in lines if line), None)
        if first is not None:
            yield format_.head(family, self.type_name, self.table.helps[family])
            yield first
            yield from lines

    def _group(self, family: str, numbers: list[int]) -> list[HistogramLines]:
        return [
            HistogramLines(
                [(bucket_text(family, labels, bound), number) for bound, number in sorted(group.bounds.items())],
                _text(family, "_count", labels),
                _text(family, "_sum", labels),
                group.total,
            )
            for labels, group in group_buckets(self.table, numbers).items()
        ]


def _text(family: str, suffix: str, labels: Labels) -> str:
    return sample_text(family + suffix, labels)
