"""The library's own metrics, as a prometheus_client collector and as lines."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from kubeglass import __version__, catalog
from kubeglass.catalog import FALLBACK_PREFIX, MetricType
from kubeglass.instrument.options import PREFIX_VARIABLE
from kubeglass.instrument.storage.children import HistogramChild
from kubeglass.instrument.storage.http_metrics import AnyChild, AnyMetric, HttpMetrics
from kubeglass.instrument.text.format import Format, format_number, sample_text, write_family

logger = logging.getLogger("kubeglass.instrument")

#: The names that a metric takes in a registry, by what follows the family's, as prometheus_client defines it.
SUFFIXES = {
    MetricType.COUNTER: ("", "_total", "_created"),
    MetricType.GAUGE: ("",),
    MetricType.HISTOGRAM: ("", "_bucket", "_sum", "_count", "_created"),
}


class HttpCollector(Collector):
    """Shows :class:`HttpMetrics` to a prometheus_client registry.

    It claims no name there, or prometheus_client would raise in the application's own code where that registers one of
    them. The application keeps its names; this collector's metrics get another prefix.

    Args:
        metrics: the metrics.
        registry: where the collector is registered.
    """

    def __init__(self, metrics: HttpMetrics, registry: CollectorRegistry) -> None:
        self.metrics = metrics
        self._registry = weakref.ref(registry)
        self._has_warned = False
        metrics.before_first_series = self.avoid_taken_names

    def describe(self) -> Iterable[Family]:
        """Return nothing: see above."""
        return []

    def taken_names(self) -> list[str]:
        """Return the names that metrics of the application's own have taken, the most telling first."""
        registry = self._registry()
        if registry is None:
            return []
        own = {
            metric.metric.name.removesuffix("_total") + suffix: metric.metric.name
            for metric in self.metrics.prefixed
            for suffix in SUFFIXES[metric.metric.type]
        }
        with registry._lock:
            taken = own.keys() & registry._names_to_collectors.keys()
        return sorted(taken, key=lambda name: (name not in own.values(), name))

    def avoid_taken_names(self) -> None:
        """Give the metrics another prefix if the application has any of their names, and say so once."""
        taken = self.taken_names()
        if not taken or self._has_warned:
            return
        self._has_warned = True
        if self.metrics.prefix != FALLBACK_PREFIX and self.metrics.change_prefix(FALLBACK_PREFIX):
            outcome = f"kubeglass's metrics are named {FALLBACK_PREFIX}http_… instead"
        else:
            outcome = "its values and kubeglass's are shown under one name"
        logger.warning(
            "the application has a metric %s of its own: %s; choose a prefix with %s=shop_ or instrument(app,"
            ' prefix="shop_")',
            taken[0],
            outcome,
            PREFIX_VARIABLE,
        )

    def collect(self) -> Iterator[Family]:
        """Yield the families with what this process has counted."""
        self.avoid_taken_names()
        for metric in self.every_metric():
            family = _empty(metric.metric, metric.names)
            for values, child in metric.items():
                _add(family, values, child)
            yield family
        yield build_info()

    def every_metric(self) -> list[AnyMetric]:
        """Return the metrics that are measured, in the order they are shown."""
        return [*self.metrics.prefixed, self.metrics.probe_requests]


def build_info() -> GaugeMetricFamily:
    """Return the family that tells the library's version."""
    metric = catalog.BUILD_INFO
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    family.add_metric([__version__], 1)
    return family


def _empty(metric: catalog.Metric, names: tuple[str, ...]) -> Family:
    if metric.type is MetricType.HISTOGRAM:
        return HistogramMetricFamily(metric.name, metric.help, labels=names)
    make = CounterMetricFamily if metric.type is MetricType.COUNTER else GaugeMetricFamily
    return make(metric.name.removesuffix("_total"), metric.help, labels=names)


def _add(family: Family, values: tuple[str, ...], child: AnyChild) -> None:
    if not isinstance(child, HistogramChild):
        family.add_metric(values, child.read())  # type: ignore[attr-defined]
        return
    total, counts = child.read()
    cumulative, buckets = 0.0, []
    for bound, count in zip(child.bounds, counts, strict=True):
        cumulative += count
        buckets.append((format_number(bound), cumulative))
    family.add_metric(values, buckets, total)  # type: ignore[attr-defined]


def write_http_metrics(collector: HttpCollector, format_: Format) -> Iterator[str]:
    """Yield the lines of one registry's HTTP metrics."""
    collector.avoid_taken_names()
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
        if not isinstance(child, HistogramChild):
            yield f"{texts[0]} {format_number(child.read())}\n"
        else:
            yield _write_histogram(child, texts, format_)


def exemplars_of(collector: HttpCollector) -> dict[str, str]:
    """Return this process's exemplars as they follow a bucket's value, by the text before it."""
    return {
        texts_of(metric, values, child)[number]: write_trace(exemplar)
        for metric in collector.every_metric()
        for values, child in metric.items()
        if isinstance(child, HistogramChild)
        for number, exemplar in list(child.exemplars.items())
    }


def texts_of(metric: AnyMetric, values: tuple[str, ...], child: AnyChild) -> tuple[str, ...]:
    """Return what stands before a child's values: for a histogram its buckets, then count and sum."""
    if child.texts is None:
        child.texts = _write_texts(metric, values, child)
    return child.texts


def _write_texts(metric: AnyMetric, values: tuple[str, ...], child: AnyChild) -> tuple[str, ...]:
    name, labels = metric.metric.name, list(zip(metric.names, values, strict=True))
    if not isinstance(child, HistogramChild):
        return (sample_text(name, labels),)
    buckets = (sample_text(f"{name}_bucket", [*labels, ("le", format_number(bound))]) for bound in child.bounds)
    return (*buckets, sample_text(f"{name}_count", labels), sample_text(f"{name}_sum", labels))


def _write_histogram(child: HistogramChild, texts: tuple[str, ...], format_: Format) -> str:
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
