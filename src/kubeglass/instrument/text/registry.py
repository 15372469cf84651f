"""A registry's families as lines, each kind of collector written in the fastest way that is right for it."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Gauge, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.registry import Collector

from kubeglass.instrument.text.format import Format, write_family
from kubeglass.instrument.text.http_collector import HttpCollector, write_http_metrics
from kubeglass.instrument.text.wrappers import is_trusted, is_wrapper, write_wrapper

logger = logging.getLogger("kubeglass.instrument")

#: Collectors that this library adds to an application's own registry.
RUNTIME = (ProcessCollector, PlatformCollector, GCCollector)

#: Those that tell of Python, and can be left out.
PYTHON = (PlatformCollector, GCCollector)

#: Gauges whose function has failed.
_failed: weakref.WeakSet[Gauge] = weakref.WeakSet()


def collectors_of(registry: CollectorRegistry) -> list[Collector]:
    """Return a registry's collectors in the order they were registered."""
    with registry._lock:
        return list(registry._collector_to_names)


def names_in(registry: CollectorRegistry) -> dict[str, Collector]:
    """Return the names that a registry's collectors have laid claim to."""
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
    """Set each gauge that has a function to what the function returns now.

    In one process prometheus_client asks the function at each scrape. Other processes see nothing but what was set.
    """
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
    """Say whether a collector tells of the Python runtime."""
    return isinstance(collector, PYTHON)


def write_registry(
    registry: CollectorRegistry, format_: Format, *, is_skipped: Callable[[Collector], bool] = lambda _: False
) -> Iterator[str]:
    """Yield the lines of every collector that is not skipped."""
    target = registry.get_target_info()
    if target:
        yield from _write_target(target, format_)
    for collector in collectors_of(registry):
        if not is_skipped(collector):
            yield from write_collector(collector, format_, registry)


def write_collector(collector: Collector, format_: Format, registry: CollectorRegistry) -> Iterable[str]:
    """Yield the lines of one collector."""
    if isinstance(collector, HttpCollector):
        return write_http_metrics(collector, format_)
    if is_wrapper(collector) and is_trusted():
        return write_wrapper(collector, format_)
    return _write_generic(collector, format_, names_in(registry) if isinstance(collector, RUNTIME) else {})


def _write_generic(collector: Collector, format_: Format, names: Mapping[str, Collector]) -> Iterator[str]:
    for family in collector.collect():
        # Not if the application has a family of this name: a registry notices that only if it describes by itself.
        if names.get(family.name, collector) is collector:
            yield from write_family(family, format_)


def _write_target(labels: dict[str, str], format_: Format) -> Iterator[str]:
    restricted = CollectorRegistry(target_info=labels)
    for family in restricted.collect():
        yield from write_family(family, format_)
