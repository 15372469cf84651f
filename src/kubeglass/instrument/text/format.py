"""The three exposition formats, and how they write names, labels, numbers and samples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf, isnan

from prometheus_client.core import Metric as Family
from prometheus_client.samples import Exemplar, Sample

#: Go, and so Prometheus, uses exponents sooner than Python. prometheus_client does from seven digits before the point
#: on, and ``le`` label values must agree with those it writes.
EXPONENT_FROM = 1e6
LONGEST_PLAIN = 6


def format_number(value: float) -> str:
    """Write a double as prometheus_client does, without loss of precision."""
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
    """Escape a label's value, and lone surrogates, which UTF-8 cannot encode, as Python does."""
    if not value.isascii():
        value = value.encode(errors="backslashreplace").decode()
    if "\\" in value or "\n" in value or '"' in value:
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return value


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """Return a name in the ``underscores`` escaping scheme, for formats without UTF-8 names."""
    if name[:1].isdecimal():
        name = "_" + name[1:]
    return UNWRITABLE.sub("_", name)


def sample_text(name: str, labels: Iterable[tuple[str, str]]) -> str:
    """Write the text before a sample's value: its name, and its labels in alphabetical order in braces."""
    inside = ",".join([f'{plain_name(label)}="{escape_value(value)}"' for label, value in sorted(labels)])
    return f"{plain_name(name)}{{{inside}}}" if inside else plain_name(name)


def sample_texts(
    name: str, labels: Sequence[tuple[str, str]], suffixes: Iterable[str] = ("",), bounds: Iterable[float] = ()
) -> tuple[str, ...]:
    """Write the texts before a metric's values: those of its buckets, then one for each suffix of its name."""
    buckets = (sample_text(f"{name}_bucket", [*labels, ("le", format_number(bound))]) for bound in bounds)
    return (*buckets, *(sample_text(name + suffix, labels) for suffix in suffixes))


#: Metric types that only OpenMetrics knows, and what the text formats call them.
TEXT_TYPES = {"info": "gauge", "stateset": "gauge", "gaugehistogram": "histogram", "unknown": "untyped"}

#: What the text formats append to a family's name, since they name families like their samples.
TEXT_SUFFIXES = {"counter": "_total", "info": "_info"}

#: Samples that text formats do not allow in a family: they follow it as gauges.
SEPARATE_SUFFIXES = ("_created", "_gcount", "_gsum")


@dataclass(frozen=True, slots=True)
class Format:
    """One exposition format.

    Args:
        content_type: the response's Content-Type.
        is_open: whether it is OpenMetrics, with exemplars, units and an end marker.
    """

    content_type: str
    is_open: bool = False

    def head(self, name: str, type_name: str, documentation: str, unit: str = "") -> str:
        """Write the lines that begin a family, given its OpenMetrics name (a counter's without ``_total``) and type."""
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
    """Write an exemplar as it follows a sample's value in OpenMetrics."""
    labels = ",".join(f'{name}="{escape_value(value)}"' for name, value in sorted(exemplar.labels.items()))
    timestamp = "" if exemplar.timestamp is None else f" {exemplar.timestamp}"
    return f" # {{{labels}}} {format_number(float(exemplar.value))}{timestamp}"
