"""The library's own metrics as lines."""

from __future__ import annotations

from collections.abc import Iterator

from kubeglass.catalog import MetricType
from kubeglass.instrument.children import Distribution
from kubeglass.instrument.collect_http import HttpCollector, build_info
from kubeglass.instrument.exposition.formats import Format
from kubeglass.instrument.exposition.generic import write_family
from kubeglass.instrument.exposition.labels import sample_text
from kubeglass.instrument.exposition.numbers import format_number
from kubeglass.instrument.http_metrics import AnyChild, AnyMetric


def write_http_metrics(collector: HttpCollector, format_: Format) -> Iterator[str]:
    """Yield the lines of one registry's HTTP metrics."""
    for metric in collector.every_metric():
        yield from write_metric(metric, format_)
    yield from write_family(build_info(), format_)


def write_metric(metric: AnyMetric, format_: Format) -> Iterator[str]:
    """Yield the lines of one metric."""
    known = metric.metric
    type_name = "counter" if known.type is MetricType.COUNTER else known.type.value
    yield format_.head(known.name.removesuffix("_total"), type_name, known.help)
    for values, child in metric.items():
        texts = texts_of(metric, values, child)
        if not isinstance(child, Distribution):
            yield f"{texts[0]} {format_number(child.read())}\n"
        else:
            yield _write_distribution(child, texts, format_)


def exemplars_of(collector: HttpCollector) -> dict[str, str]:
    """Return this process's exemplars as they follow a bucket's value, by the text before it."""
    return {
        texts_of(metric, values, child)[number]: write_trace(exemplar)
        for metric in collector.every_metric()
        for values, child in metric.items()
        if isinstance(child, Distribution)
        for number, exemplar in list(child.exemplars.items())
    }


def texts_of(metric: AnyMetric, values: tuple[str, ...], child: AnyChild) -> tuple[str, ...]:
    """Return what stands before a child's values: for a histogram its buckets, then count and sum."""
    if child.texts is None:
        child.texts = _write_texts(metric, values, child)
    return child.texts


def _write_texts(metric: AnyMetric, values: tuple[str, ...], child: AnyChild) -> tuple[str, ...]:
    name, labels = metric.metric.name, list(zip(metric.names, values, strict=True))
    if not isinstance(child, Distribution):
        return (sample_text(name, labels),)
    buckets = (sample_text(f"{name}_bucket", [*labels, ("le", format_number(bound))]) for bound in child.bounds)
    return (*buckets, sample_text(f"{name}_count", labels), sample_text(f"{name}_sum", labels))


def _write_distribution(child: Distribution, texts: tuple[str, ...], format_: Format) -> str:
    total, counts = child.read()
    cumulative, lines = 0.0, []
    for number, count in enumerate(counts):
        cumulative += count
        exemplar = child.exemplars.get(number) if format_.is_open else None
        tail = write_trace(exemplar) if exemplar else ""
        lines.append(f"{texts[number]} {format_number(cumulative)}{tail}\n")
    lines.append(f"{texts[-2]} {format_number(cumulative)}\n{texts[-1]} {format_number(total)}\n")
    return "".join(lines)


def write_trace(exemplar: tuple[str, float, float]) -> str:
    """Write a trace id, the value observed and when, as an OpenMetrics exemplar."""
    trace, amount, when = exemplar
    return f' # {{trace_id="{trace}"}} {format_number(amount)} {when:.3f}'
