"""The samples of one kind of file: each has a number, and the text that precedes its value is written once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kubeglass.instrument.text.encoding import Pause, let_others_run
from kubeglass.instrument.text.format import Format, format_number, sample_text

Labels = tuple[tuple[str, str], ...]

#: A histogram family and the upper bound of one of its buckets, as text.
Bound = tuple[str, str]

#: Values by sample number.
Totals = dict[int, float]

#: Faster than ``json.loads``, which looks for more than one kind of input.
decode = json.JSONDecoder().raw_decode

#: Keys that are numbered between two pauses: about a millisecond's work if all are new.
KEYS_BETWEEN_PAUSES = 200


class Identity(NamedTuple):
    """What distinguishes one sample from another.

    Args:
        family: the metric's name, a counter's without ``_total``.
        sample: the sample's name.
        labels: its labels, sorted by name.
    """

    family: str
    sample: str
    labels: Labels

    @property
    def text(self) -> str:
        """The text before the sample's value."""
        return sample_text(self.sample, self.labels)

    @property
    def series(self) -> Labels:
        """Labels without ``le``, which the buckets of one histogram share."""
        return tuple(label for label in self.labels if label[0] != "le")


@dataclass(frozen=True, slots=True)
class HistogramLines:
    """One histogram's texts and sample numbers: buckets by ascending bound, count (without a number), and sum."""

    buckets: list[tuple[str, int]]
    count: str
    total: str
    total_number: int | None

    def write(self, totals: Totals, exemplars: Mapping[str, str], hidden: frozenset[int]) -> str:
        """Write the lines with cumulative buckets; empty if no file has this histogram."""
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


class SeriesTable:
    """Numbers the samples of one kind of file; a number is valid as long as this process lives."""

    def __init__(self, kind: str) -> None:
        self.type_name = kind.split("_")[0]
        self.identities: list[Identity] = []
        self.keys: list[bytes] = []
        self.helps: dict[str, str] = {}
        #: By number, the bound of a bucket; None for every other sample.
        self.bounds: list[Bound | None] = []
        self.every_bound: set[Bound] = set()
        self._by_key: dict[bytes, int] = {}
        self._by_identity: dict[Identity, int] = {}
        #: Numbers by family, in the order in which they were first seen.
        self.families: dict[str, list[int]] = {}
        self._texts: dict[str, list[tuple[str, int]]] = {}
        self._histograms: dict[str, tuple[int, list[HistogramLines]]] = {}

    def number_all(self, keys: Sequence[bytes], pause: Pause = let_others_run) -> list[int]:
        """Return the numbers of these keys; new keys are added."""
        known, numbers = self._by_key, list[int]()
        for start in range(0, len(keys), KEYS_BETWEEN_PAUSES):
            part = keys[start : start + KEYS_BETWEEN_PAUSES]
            numbers += [known[key] if key in known else self._add(key) for key in part]
            pause()
        return numbers

    def _add(self, key: bytes) -> int:
        (family, sample, labels, help_text), _ = decode(key.decode())
        self.helps.setdefault(family, help_text)
        # Two keys can mean one sample: a rolling update may have changed the help.
        identity = Identity(family, sample, tuple(sorted(labels.items())))
        number = self._by_identity.get(identity)
        if number is None:
            number = self._by_identity[identity] = len(self.identities)
            self.identities.append(identity)
            self.families.setdefault(family, []).append(number)
            bound = (family, labels["le"]) if "le" in labels else None
            self.bounds.append(bound)
            if bound is not None:
                self.every_bound.add(bound)
            self.keys.append(key)
        self._by_key[key] = number
        return number

    def _lay_out(self, family: str, pause: Pause) -> list[tuple[str, int]]:
        texts = self._texts.setdefault(family, [])
        for number in self.families[family][len(texts) :]:
            texts.append((self.identities[number].text, number))
            pause()
        return texts

    def _lay_out_histograms(self, family: str, pause: Pause) -> list[HistogramLines]:
        numbers = self.families[family]
        count, histograms = self._histograms.get(family, (0, []))
        if count == len(numbers):
            return histograms
        groups: dict[Labels, list[int]] = {}
        for number in numbers:
            groups.setdefault(self.identities[number].series, []).append(number)
            pause()
        histograms = []
        for labels, group in groups.items():
            bounds = sorted((float(bound[1]), number) for number in group if (bound := self.bounds[number]))
            histograms.append(
                HistogramLines(
                    [(self.identities[number].text, number) for _, number in bounds],
                    sample_text(f"{family}_count", labels),
                    sample_text(f"{family}_sum", labels),
                    next((number for number in group if self.identities[number].sample.endswith("_sum")), None),
                )
            )
            pause()
        self._histograms[family] = len(numbers), histograms
        return histograms

    def write(
        self,
        family: str,
        totals: Totals,
        format_: Format,
        exemplars: Mapping[str, str],
        hidden: frozenset[int],
        pause: Pause,
    ) -> Iterator[str]:
        """Yield a family's lines; none if no file has it now.

        Args:
            family: its name.
            totals: values by number.
            format_: the format.
            exemplars: what follows a bucket's value, by the text before it.
            hidden: numbers of buckets that are counted but not shown.
            pause: called about every millisecond while texts are written for the first time.
        """
        if self.type_name == "histogram":
            lines = (found.write(totals, exemplars, hidden) for found in self._lay_out_histograms(family, pause))
        else:
            texts = self._lay_out(family, pause)
            lines = (f"{text} {format_number(totals[number])}\n" for text, number in texts if number in totals)
        first = next((line for line in lines if line), None)
        if first is not None:
            yield format_.head(family, self.type_name, self.helps[family])
            yield first
            yield from lines
