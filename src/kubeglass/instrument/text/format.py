"""The three exposition formats, and names, labels, numbers and samples as they write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import inf, isnan

from prometheus_client.core import Metric as Family
from prometheus_client.samples import Exemplar, Sample

#: Go, and with it Prometheus, turns to exponents sooner than Python. prometheus_client turns at seven digits before the
#: point, and ``le`` label values must agree with the ones it writes.
EXPONENT_FROM = 1e6
LONGEST_PLAIN = 6


def format_number(value: float) -> str:
    """Write a double so that it reads back the same, as prometheus_client does."""
    if -EXPONENT_FROM < value < EXPONENT_FROM:
        return repr(value)
    if value == inf:
        return "+Inf"
    if value == -inf:
        return "-Inf"
    if isnan(value):
        return "NaN"
    text = repr(value)
    point = text.find(".")
    if value < 0 or point <= LONGEST_PLAIN:
        return text
    digits = text.replace(".", "", 1)
    mantissa = f"{digits[0]}.{digits[1:]}".rstrip("0.")
    return f"{mantissa}e+{point - 1:02d}"


UNWRITABLE = re.compile(r"[^a-zA-Z0-9_:]")


def escape_value(value: str) -> str:
    """Escape a label's value; a lone surrogate, which UTF-8 cannot carry, as Python writes it."""
    if not value.isascii():
        value = value.encode(errors="backslashreplace").decode()
    if "\\" in value or "\n" in value or '"' in value:
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return value


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """Return a name as the ``underscores`` escaping scheme writes it: what formats without UTF-8 names can carry."""
    if name[:1].isdecimal():
        name = "_" + name[1:]
    return UNWRITABLE.sub("_", name)


def label_text(name: str, value: str) -> str:
    """Write one label."""
    return f'{plain_name(name)}="{escape_value(value)}"'


def sample_text(name: str, labels: Iterable[tuple[str, str]]) -> str:
    """Write what stands before a sample's value: the name and, in alphabetical order, the labels in braces."""
    inside = ",".join([label_text(label, value) for label, value in sorted(labels)])
    return f"{plain_name(name)}{{{inside}}}" if inside else plain_name(name)


#: Metric types that only OpenMetrics knows, and what the text formats call them.
TEXT_TYPES = {"info": "gauge", "stateset": "gauge", "gaugehistogram": "histogram", "unknown": "untyped"}

#: What the text formats add to a family's name, since their families are named like their samples.
TEXT_SUFFIXES = {"counter": "_total", "info": "_info"}

#: Samples that the text formats have no place for inside a family: they follow it as gauges.
SEPARATE_SUFFIXES = ("_created", "_gcount", "_gsum")


@dataclass(frozen=True, slots=True)
class Format:
    """One exposition format.

    Args:
        content_type: the response's Content-Type.
        is_open: whether it is OpenMetrics, with exemplars, units and an end mark.
    """

    content_type: str
    is_open: bool = False

    def head(self, name: str, type_name: str, documentation: str, unit: str = "") -> str:
        """Write the lines that begin a family.

        Args:
            name: the family's name as OpenMetrics knows it: a counter's without ``_total``.
            type_name: its type as OpenMetrics knows it.
            documentation: its help.
            unit: its base unit, or empty.
        """
        help_text = documentation.replace("\\", "\\\\").replace("\n", "\\n")
        if not self.is_open:
            name += TEXT_SUFFIXES.get(type_name, "")
            type_name = TEXT_TYPES.get(type_name, type_name)
        else:
            help_text = help_text.replace('"', '\\"')
        name = plain_name(name)
        unit_line = f"# UNIT {name} {unit}\n" if unit and self.is_open else ""
        return f"# HELP {name} {help_text}\n# TYPE {name} {type_name}\n{unit_line}"

    @property
    def end(self) -> str:
        """The line that ends the response."""
        return "# EOF\n" if self.is_open else ""


TEXT_0_0_4 = Format("text/plain; version=0.0.4; charset=utf-8")
TEXT_1_0_0 = Format("text/plain; version=1.0.0; charset=utf-8; escaping=underscores")
OPEN_METRICS = Format("application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores", is_open=True)


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
