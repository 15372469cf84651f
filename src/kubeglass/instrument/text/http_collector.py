"""kubeglass's own metrics, as a prometheus_client collector and as lines."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from kubeglass import __version__, catalog
from kubeglass.catalog import FALLBACK_PREFIX, MetricType
from kubeglass.instrument.options import PREFIX_VARIABLE
from kubeglass.instrument.storage.children import HistogramChild
from kubeglass.instrument.storage.http_metrics import AnyChild, AnyMetric, HttpMetrics
from kubeglass.instrument.text.format import Format, format_number, sample_texts, write_family

logger = logging.getLogger("kubeglass.instrument")

#: The names that a metric reserves in a registry, by what is appended to the family's name.
SUFFIXES = {
    MetricType.COUNTER: ("", "_total", "_created"),
    MetricType.GAUGE: ("",),
    MetricType.HISTOGRAM: ("", "_bucket", "_sum", "_count", "_created"),
}
FAMILIES: dict[MetricType, Any] = {
    MetricType.COUNTER: CounterMetricFamily,
    MetricType.GAUGE: GaugeMetricFamily,
    MetricType.HISTOGRAM: HistogramMetricFamily,
}


class HttpCollector(Collector):
    """Shows :class:`HttpMetrics` in a prometheus_client registry.

    It reserves no names: prometheus_client would then raise in the application's code where that registers a metric of
    the same name. The application keeps its names, and this collector's metrics get another prefix.
    """

    def __init__(self, metrics: HttpMetrics, registry: CollectorRegistry) -> None:
        self.metrics = metrics
        self._registry = weakref.ref(registry)
        self._has_warned = False
        metrics.before_first_series = self.avoid_taken_names

    def describe(self) -> Iterable[Family]:
        """Return nothing, so that no names are reserved."""
        return []

    def taken_names(self) -> list[str]:
        """Return the names that the application's own metrics use, whole names of kubeglass's metrics first."""
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
        """Change the metrics' prefix if the application uses any of their names, and log it once."""
        taken = self.taken_names()
        if not taken or self._has_warned:
            return
        self._has_warned = True
        if self.metrics.prefix != FALLBACK_PREFIX and self.metrics.change_prefix(FALLBACK_PREFIX):
            outcome = f"kubeglass's metrics are named {FALLBACK_PREFIX}http_… instead"
        else:
            outcome = "its values and kubeglass's are shown under one name"
        logger.warning(
            "the application has its own metric %s: %s; choose a prefix with %s=shop_ or"
            ' instrument(app, prefix="shop_")',
            taken[0],
            outcome,
            PREFIX_VARIABLE,
        )

    def collect(self) -> Iterator[Family]:
        """Yield the families with this process's values."""
        self.avoid_taken_names()
        for metric in self.every_metric():
            known = metric.metric
            family = FAMILIES[known.type](known.name.removesuffix("_total"), known.help, labels=metric.names)
            for values, child in metric.items():
                if isinstance(child, HistogramChild):
                    total, counts = child.read()
                    bounds = [format_number(bound) for bound in child.bounds]
                    family.add_metric(values, list(zip(bounds, accumulate(counts), strict=True)), total)
                else:
                    family.add_metric(values, child.read())
            yield family
        yield build_info()

    def every_metric(self) -> list[AnyMetric]:
        """Return the metrics that are measured, up to date, in the order they are shown."""
        self.metrics.add_pending()
        return [*self.metrics.prefixed, self.metrics.probe_requests]


def build_info() -> GaugeMetricFamily:
    """Return the family that shows the library's version."""
    metric = catalog.BUILD_INFO
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    family.add_metric([__version__], 1)
    return family


def write_http_metrics(collector: HttpCollector, format_: Format) -> Iterator[str]:
    """Yield the lines of one registry's HTTP metrics."""
    collector.avoid_taken_names()
    for metric in collector.every_metric():
        known = metric.metric
        yield format_.head(known.name.removesuffix("_total"), known.type, known.help)
        for values, child in metric.items():
            texts = texts_of(metric, values, child)
            if isinstance(child, HistogramChild):
                yield _write_histogram(child, texts, format_)
            else:
                yield f"{texts[0]} {format_number(child.read())}\n"
    yield from write_family(build_info(), format_)


def exemplars_of(collector: HttpCollector) -> dict[str, str]:
    """Return this process's exemplars as they follow a bucket's value, by the text before that value."""
    return {
        texts_of(metric, values, child)[number]: write_trace(exemplar)
        for metric in collector.every_metric()
        for values, child in metric.items()
        if isinstance(child, HistogramChild)
        for number, exemplar in list(child.exemplars.items())
    }


def texts_of(metric: AnyMetric, values: tuple[str, ...], child: AnyChild) -> tuple[str, ...]:
    """Return the texts before a child's values: for a histogram the buckets', then the count's and the sum's."""
    if child.texts is None:
        name, labels = metric.metric.name, list(zip(metric.names, values, strict=True))
        if isinstance(child, HistogramChild):
            child.texts = sample_texts(name, labels, ("_count", "_sum"), child.bounds)
        else:
            child.texts = sample_texts(name, labels)
    return child.texts


def _write_histogram(child: HistogramChild, texts: tuple[str, ...], format_: Format) -> str:
    total, counts = child.read()
    cumulative = list(accumulate(counts))
    traces = child.exemplars if format_.is_open else {}
    lines = [
        f"{texts[number]} {format_number(count)}{write_trace(traces[number]) if number in traces else ''}\n"
        for number, count in enumerate(cumulative)
    ]
    return "".join([*lines, f"{texts[-2]} {format_number(cumulative[-1])}\n{texts[-1]} {format_number(total)}\n"])


def write_trace(exemplar: tuple[str, float, float]) -> str:
    """Write a trace id, the observed value and its time as an OpenMetrics exemplar."""
    trace, amount, when = exemplar
    return f' # {{trace_id="{trace}"}} {format_number(amount)} {when:.3f}'
