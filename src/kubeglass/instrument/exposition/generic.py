"""Families of any collector, written from what its ``collect`` returns."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric as Family
from prometheus_client.samples import Exemplar, Sample

from kubeglass.instrument.exposition.formats import SEPARATE_SUFFIXES, Format
from kubeglass.instrument.exposition.labels import escape_value, sample_text
from kubeglass.instrument.exposition.numbers import format_number


def write_family(family: Family, format_: Format) -> Iterator[str]:
    """Yield the lines of one family."""
    yield format_.head(family.name, family.type, family.documentation, family.unit)
    separate: dict[str, list[Sample]] = {}
    for sample in family.samples:
        suffix = sample.name.removeprefix(family.name)
        if suffix in SEPARATE_SUFFIXES and not format_.is_open:
            separate.setdefault(suffix, []).append(sample)
        else:
            yield write_sample(sample, format_)
    for suffix, samples in sorted(separate.items()):
        yield format_.head(family.name + suffix, "gauge", family.documentation)
        for sample in samples:
            yield write_sample(sample, format_)


def write_sample(sample: Sample, format_: Format) -> str:
    """Write one sample's line."""
    line = f"{sample_text(sample.name, sample.labels.items())} {format_number(float(sample.value))}"
    if sample.timestamp is not None:
        # Seconds in OpenMetrics, milliseconds in the text formats.
        line += f" {sample.timestamp}" if format_.is_open else f" {int(float(sample.timestamp) * 1000)}"
    if sample.exemplar is not None and format_.is_open:
        line += write_exemplar(sample.exemplar)
    return line + "\n"


def write_exemplar(exemplar: Exemplar) -> str:
    """Write what follows a sample's value in OpenMetrics when it has an exemplar."""
    labels = ",".join(f'{name}="{escape_value(value)}"' for name, value in sorted(exemplar.labels.items()))
    timestamp = "" if exemplar.timestamp is None else f" {exemplar.timestamp}"
    return f" # {{{labels}}} {format_number(float(exemplar.value))}{timestamp}"
