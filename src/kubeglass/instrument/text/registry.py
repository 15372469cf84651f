"""A registry's families as lines, each kind of collector written in the fastest way that is right for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.registry import Collector

from kubeglass.instrument.text.format import Format, write_family
from kubeglass.instrument.text.http_collector import HttpCollector, write_http_metrics
from kubeglass.instrument.text.wrappers import is_trusted, is_wrapper, write_wrapper

#: Collectors that this library adds to an application's own registry.
RUNTIME = (ProcessCollector, PlatformCollector, GCCollector)


def collectors_of(registry: CollectorRegistry) -> list[Collector]:
    """Return a registry's collectors in the order they were registered."""
    with registry._lock:
        return list(registry._collector_to_names)


def names_in(registry: CollectorRegistry) -> dict[str, Collector]:
    """Return the names that a registry's collectors have laid claim to."""
    with registry._lock:
        return dict(registry._names_to_collectors)


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
