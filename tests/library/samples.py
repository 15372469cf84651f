"""What a scrape said, as prometheus_client's own parsers read it."""

from __future__ import annotations

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.samples import Sample

Key = tuple[str, tuple[tuple[str, str], ...]]


class Samples:
    """One scrape.

    Args:
        text: the answer.
        is_open: whether it is OpenMetrics.
    """

    def __init__(self, text: str, *, is_open: bool = False) -> None:
        self.text = text
        parse = parse_openmetrics if is_open else parse_text
        self.families = list(parse(text))
        self.samples: list[Sample] = [sample for family in self.families for sample in family.samples]

    def total(self, name: str, **labels: str) -> float:
        """Add up the samples of a name that have these labels."""
        return sum(
            sample.value
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )  # fmt: skip

    def labels(self, name: str, label: str) -> set[str]:
        """Return the values of one label."""
        return {sample.labels[label] for sample in self.samples if sample.name == name}

    def counters(self) -> dict[Key, float]:
        """Return every value that must never go back: counters and histograms, but for single processes' own."""
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in self.families
            if family.type in ("counter", "histogram")
            for sample in family.samples
            if "pid" not in sample.labels
        }


def went_back(before: dict[Key, float], after: dict[Key, float]) -> list[Key]:
    """Name what is less than before, or missing."""
    return [key for key, value in before.items() if after.get(key, -1.0) < value]
