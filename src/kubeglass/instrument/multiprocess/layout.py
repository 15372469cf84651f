"""How the samples of one kind are shown: texts before values, written once, in the order of their families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kubeglass.instrument.multiprocess.reader import Totals, ValueReader
from kubeglass.instrument.multiprocess.series_table import Bound, Labels, SeriesTable, bucket_text, group_buckets
from kubeglass.instrument.text.encoding import Pause, let_others_run
from kubeglass.instrument.text.format import Format, format_number, sample_text

#: The bound that every histogram has.
LAST_BOUND = "+Inf"


@dataclass(frozen=True, slots=True)
class HistogramLines:
    """One histogram: text and number of each bucket in order, then of the sum; the count has no number of its own."""

    buckets: list[tuple[str, int]]
    count: str
    total: str
    total_number: int | None

    def write(self, totals: Totals, exemplars: Mapping[str, str], hidden: frozenset[int]) -> str:
        """Write the lines, buckets made cumulative; empty if no file has this histogram."""
        cumulative, lines = 0.0, []
        for text, number in self.buckets:
            if number in totals:
                cumulative += totals[number]
                if number not in hidden:
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

    def families(self, pause: Pause = let_others_run) -> list[str]:
        """Return the families' names; lay out samples that came since the last time."""
        identities = self.table.identities
        if self._size != len(identities):
            numbers: dict[str, list[int]] = {}
            for number, identity in enumerate(identities):
                numbers.setdefault(identity.family, []).append(number)
            for family, found in numbers.items():
                if self.type_name == "histogram":
                    self._histograms[family] = list(self._group(family, found, pause))
                else:
                    self._simple[family] = list(self._write_texts(found, pause))
            self._size = len(identities)
        return list(self._histograms or self._simple)

    def write(
        self,
        family: str,
        totals: Totals,
        format_: Format,
        exemplars: Mapping[str, str],
        hidden: frozenset[int] = frozenset(),
    ) -> Iterator[str]:
        """Yield the lines of one family; nothing if no file has any of it.

        Args:
            family: its name.
            totals: the values.
            format_: the format.
            exemplars: what follows a bucket's value, by the text before it.
            hidden: numbers of buckets that count but are not shown.
        """
        if self.type_name == "histogram":
            lines = (group.write(totals, exemplars, hidden) for group in self._histograms[family])
        else:
            lines = (
                f"{text} {format_number(totals[number])}\n" for text, number in self._simple[family] if number in totals
            )
        first = next((line for line in lines if line), None)
        if first is not None:
            yield format_.head(family, self.type_name, self.table.helps[family])
            yield first
            yield from lines

    def _write_texts(self, numbers: list[int], pause: Pause) -> Iterator[tuple[str, int]]:
        for number in numbers:
            yield self.table.identities[number].text, number
            pause()

    def _group(self, family: str, numbers: list[int], pause: Pause) -> Iterator[HistogramLines]:
        for labels, group in group_buckets(self.table, numbers, pause).items():
            write = bucket_text(family, labels)
            yield HistogramLines(
                [(write(bound), number) for bound, number in sorted(group.bounds.items())],
                _text(family, "_count", labels),
                _text(family, "_sum", labels),
                group.total,
            )
            pause()


def hidden_buckets(table: SeriesTable, living: Iterable[ValueReader]) -> frozenset[int]:
    """Return the numbers of buckets that would tell less than the truth.

    Where an application's buckets were changed, those that not every living process has would lack what the others
    counted. The ones they share are right, whatever the dead had: a count below a bound is below every greater one.
    """
    hidden: set[Bound] = set()
    for reader in living:
        missing = table.every_bound - reader.bounds
        if missing:
            # The last bucket is made last: without it a process is in the middle of making them.
            families = {family for family, bound in reader.bounds if bound == LAST_BOUND}
            hidden |= {bound for bound in missing if bound[0] in families}
    return frozenset(number for number, bound in enumerate(table.bounds) if bound in hidden) if hidden else frozenset()


def _text(family: str, suffix: str, labels: Labels) -> str:
    return sample_text(family + suffix, labels)
