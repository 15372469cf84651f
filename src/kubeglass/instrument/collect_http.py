"""The library's own metrics as prometheus_client knows metrics, for its registry and for whoever reads that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from kubeglass import __version__, catalog
from kubeglass.catalog import MetricType
from kubeglass.instrument.children import Distribution
from kubeglass.instrument.exposition.numbers import format_number
from kubeglass.instrument.http_metrics import AnyChild, AnyMetric, HttpMetrics


class HttpCollector(Collector):
    """Shows :class:`HttpMetrics` to a prometheus_client registry."""

    def __init__(self, metrics: HttpMetrics) -> None:
        self.metrics = metrics

    def describe(self) -> Iterable[Family]:
        """Return the families without samples, so that the registry refuses a second metric of the same name."""
        return [_empty(metric.metric, metric.names) for metric in self.every_metric()] + [build_info()]

    def collect(self) -> Iterator[Family]:
        """Yield the families with what this process has counted."""
        for metric in self.every_metric():
            family = _empty(metric.metric, metric.names)
            for values, child in metric.items():
                _add(family, values, child)
            yield family
        yield build_info()

    def every_metric(self) -> list[AnyMetric]:
        """Return the metrics that are measured, in the order they are shown."""
        own = self.metrics
        sizes = [metric for metric in (own.request_size, own.response_size) if metric is not None]
        return [own.requests, own.duration, own.in_progress, own.exceptions, *sizes, own.probe_requests]


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
    if not isinstance(child, Distribution):
        family.add_metric(values, child.read())  # type: ignore[attr-defined]
        return
    total, counts = child.read()
    cumulative, buckets = 0.0, []
    for bound, count in zip(child.bounds, counts, strict=True):
        cumulative += count
        buckets.append((format_number(bound), cumulative))
    family.add_metric(values, buckets, total)  # type: ignore[attr-defined]
