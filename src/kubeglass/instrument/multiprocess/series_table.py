"""The samples of one kind that any file has: numbered, and laid out once as they are shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kubeglass.instrument.exposition.labels import sample_text
from kubeglass.instrument.exposition.numbers import format_number

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one sample from another.

    Args:
        family: the metric's name, a counter's without ``_total``.
        sample: the sample's name.
        labels: its labels, by name.
    """

    family: str
    sample: str
    labels: Labels

    @property
    def text(self) -> str:
        """What stands before its value."""
        return sample_text(self.sample, self.labels)


@dataclass(slots=True)
class Buckets:
    """One histogram's buckets, by upper bound, and its sum.

    Args:
        labels: its labels, without ``le``.
        bounds: upper bound to the bucket's number in the table.
        total: the sum's number in the table, or None.
    """

    labels: Labels
    bounds: dict[float, int] = field(default_factory=dict)
    total: int | None = None


class SeriesTable:
    """Numbers for the samples of one kind; the same for as long as this process lives."""

    def __init__(self) -> None:
        self.identities: list[Identity] = []
        self.keys: list[bytes] = []
        self.helps: dict[str, str] = {}
        self._by_key: dict[bytes, int] = {}
        self._by_identity: dict[Identity, int] = {}

    def number_all(self, keys: Sequence[bytes]) -> list[int]:
        """Return the numbers of these keys; new ones are added."""
        known = self._by_key
        try:
            return [known[key] for key in keys]
        except KeyError:
            return [known[key] if key in known else self._add(key) for key in keys]

    def _add(self, key: bytes) -> int:
        family, sample, labels, help_text = json.loads(key)
        self.helps.setdefault(family, help_text)
        # Two keys can mean one sample: a rolling update may have changed the help.
        identity = Identity(family, sample, tuple(sorted(labels.items())))
        number = self._by_identity.get(identity)
        if number is None:
            number = self._by_identity[identity] = len(self.identities)
            self.identities.append(identity)
            self.keys.append(key)
        self._by_key[key] = number
        return number


def group_buckets(table: SeriesTable, numbers: Iterable[int]) -> dict[Labels, Buckets]:
    """Group the samples of one histogram family by their labels."""
    groups: dict[Labels, Buckets] = {}
    for number in numbers:
        identity = table.identities[number]
        labels = tuple(label for label in identity.labels if label[0] != "le")
        group = groups.setdefault(labels, Buckets(labels))
        if len(labels) < len(identity.labels):
            group.bounds[float(dict(identity.labels)["le"])] = number
        elif identity.sample.endswith("_sum"):
            group.total = number
    return groups


def bucket_text(family: str, labels: Labels, bound: float) -> str:
    """Write what stands before a bucket's value."""
    return sample_text(f"{family}_bucket", [*labels, ("le", format_number(bound))])
