"""The samples of one kind that any file has: numbered, and laid out once as they are shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kubeglass.instrument.text.encoding import Pause, let_others_run
from kubeglass.instrument.text.format import format_number, label_text, plain_name, sample_text

Labels = tuple[tuple[str, str], ...]

#: A histogram family and the upper bound of one of its buckets, as it is written.
Bound = tuple[str, str]

#: As ``json.loads`` does it, less what that does for texts of which less is known.
decode = json.JSONDecoder().raw_decode

#: Keys that are numbered before others get their turn: a millisecond's work if all are new.
SLICE = 200


class Identity(NamedTuple):
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

    @property
    def series(self) -> Labels:
        """Its labels without ``le``: those of the series it belongs to."""
        return tuple(label for label in self.labels if label[0] != "le")


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
        #: For each number the family and ``le`` of a bucket, or None; and all that there are.
        self.bounds: list[Bound | None] = []
        self.every_bound: set[Bound] = set()
        self._by_key: dict[bytes, int] = {}
        self._by_identity: dict[Identity, int] = {}

    def number_all(self, keys: Sequence[bytes], pause: Pause = let_others_run) -> list[int]:
        """Return the numbers of these keys; new ones are added."""
        known, numbers = self._by_key, list[int]()
        for start in range(0, len(keys), SLICE):
            part = keys[start : start + SLICE]
            try:
                numbers += [known[key] for key in part]
            except KeyError:
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
            bound = (family, labels["le"]) if "le" in labels else None
            self.bounds.append(bound)
            if bound is not None:
                self.every_bound.add(bound)
            self.keys.append(key)
        self._by_key[key] = number
        return number


def group_buckets(table: SeriesTable, numbers: Iterable[int], pause: Pause = let_others_run) -> dict[Labels, Buckets]:
    """Group the samples of one histogram family by their labels."""
    groups: dict[Labels, Buckets] = {}
    for number in numbers:
        identity = table.identities[number]
        labels = identity.series
        group = groups.setdefault(labels, Buckets(labels))
        if len(labels) < len(identity.labels):
            group.bounds[float(dict(identity.labels)["le"])] = number
        elif identity.sample.endswith("_sum"):
            group.total = number
        pause()
    return groups


def bucket_text(family: str, labels: Labels) -> Callable[[float], str]:
    """Return a function that writes what stands before a bucket's value, given its upper bound."""
    name = plain_name(f"{family}_bucket")
    before = "".join(f"{label_text(*label)}," for label in labels if label[0] < "le")
    after = "".join(f",{label_text(*label)}" for label in labels if label[0] > "le")
    return lambda bound: f'{name}{{{before}le="{format_number(bound)}"{after}}}'
