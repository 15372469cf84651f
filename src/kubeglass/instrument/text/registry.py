"""Write a registry's families as lines, each kind of collector in the fastest way there is."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Gauge, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.registry import Collector

from kubeglass.instrument.text.format import Format, write_family
from kubeglass.instrument.text.http_collector import HttpCollector, write_http_metrics
from kubeglass.instrument.text.wrappers import WRITTEN, is_trusted, write_wrapper

logger = logging.getLogger("kubeglass.instrument")

#: Collectors that kubeglass adds to an application's own registry.
RUNTIME = (ProcessCollector, PlatformCollector, GCCollector)

#: Gauges whose function has failed.
_failed: weakref.WeakSet[Gauge] = weakref.WeakSet()


def collectors_of(registry: CollectorRegistry) -> list[Collector]:
    """Return a registry's collectors in the order they were registered."""
    with registry._lock:
        return list(registry._collector_to_names)


def names_in(registry: CollectorRegistry) -> dict[str, Collector]:
    """Return the collectors of a registry by the names that they reserve."""
    with registry._lock:
        return dict(registry._names_to_collectors)


def limits_of(registry: CollectorRegistry) -> dict[str, int]:
    """Return how many sets of label values each family of kubeglass's own may have, by its name."""
    return {
        metric.metric.name.removesuffix("_total"): metric.max_series
        for collector in collectors_of(registry)
        if isinstance(collector, HttpCollector)
        for metric in collector.every_metric()
    }


def sample_gauges(registry: CollectorRegistry) -> None:
    """Set each gauge that has a function to what the function returns now, for other processes to see."""
    for collector in collectors_of(registry):
        if isinstance(collector, Gauge):
            for child in (collector, *getattr(collector, "_metrics", {}).copy().values()):
                if "_child_samples" in vars(child):  # set_function was called
                    _sample(collector, child)


def _sample(gauge: Gauge, child: Gauge) -> None:
    try:
        child.set(next(iter(child._child_samples())).value)
    except Exception:  # whatever an application's function raises
        if gauge not in _failed:
            _failed.add(gauge)
            logger.exception("%s: its function failed; its last value is shown", gauge._name)


def is_of_python(collector: Collector) -> bool:
    """Return whether a collector shows metrics of the Python runtime."""
    return isinstance(collector, PlatformCollector | GCCollector)


def write_registry(
    registry: CollectorRegistry, format_: Format, *, is_skipped: Callable[[Collector], bool] = lambda _: False
) -> Iterator[str]:
    """Yield the lines of every collector that is not skipped."""
    target = registry.get_target_info()
    if target:
        yield from _write_generic(CollectorRegistry(target_info=target), format_)
    for collector in collectors_of(registry):
        if is_skipped(collector):
            continue
        if isinstance(collector, HttpCollector):
            yield from write_http_metrics(collector, format_)
        elif type(collector) in WRITTEN and is_trusted():
            yield from write_wrapper(collector, format_)
        elif isinstance(collector, RUNTIME):
            yield from _write_generic(collector, format_, names_in(registry))
        else:
            yield from _write_generic(collector, format_)


def _write_generic(
    source: Collector | CollectorRegistry, format_: Format, names: Mapping[str, Collector] | None = None
) -> Iterator[str]:
    for family in source.collect():
        # Not if the application has its own family of this name, which a registry may accept (auto_describe=False).
        if names is None or names.get(family.name, source) is source:
            yield from write_family(family, format_)
