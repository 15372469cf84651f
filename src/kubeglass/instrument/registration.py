"""Register HTTP metrics: applications that share a registry share its metrics."""

from __future__ import annotations

import logging
import weakref

from prometheus_client import REGISTRY, CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from kubeglass.errors import InstrumentationError
from kubeglass.instrument.options import WHERE, Options
from kubeglass.instrument.storage.cells import MemoryStore
from kubeglass.instrument.storage.file_store import FileStore
from kubeglass.instrument.storage.gc_metrics import count_collections
from kubeglass.instrument.storage.http_metrics import HttpMetrics
from kubeglass.instrument.storage.multiprocess_folder import make_store, multiprocess_folder, name_folder
from kubeglass.instrument.text.http_collector import HttpCollector
from kubeglass.instrument.text.registry import collectors_of

logger = logging.getLogger("kubeglass.instrument")

#: The latest collector of each registry, and the options of the application it was made for.
_registered: weakref.WeakKeyDictionary[CollectorRegistry, tuple[HttpCollector, Options]] = weakref.WeakKeyDictionary()


def metrics_of(
    registry: CollectorRegistry, options: Options, application: str = "", *, may_rename: bool = False
) -> HttpMetrics:
    """Return the registry's HTTP metrics; create and register them if it has none, or lost them to a test fixture.

    Args:
        registry: the registry.
        options: the application's options.
        application: its name.
        may_rename: whether to change the prefix if the application has metrics of the same names.

    Raises:
        InstrumentationError: the application has a metric of one of the names, the registry's metrics have other
            buckets, labels, limits or prefix, or the multiprocess folder is not writable.
    """
    found = _registered.get(registry)
    if found is not None and found[0] in collectors_of(registry):
        collector, first = found
        _check_same(first, options)
        return collector.metrics
    folder = multiprocess_folder()
    store = make_store(folder / name_folder(registry, application)) if folder is not None else MemoryStore()
    metrics = HttpMetrics(store, options)
    collector = HttpCollector(metrics, registry)
    if may_rename:
        collector.avoid_taken_names()
    elif taken := collector.taken_names():
        raise InstrumentationError(
            WHERE,
            "the application already has a metric of this name",
            found=taken[0],
            hint='choose a prefix for kubeglass\'s metrics, such as prefix="shop_", or pass another registry=',
        )
    _remove_former(registry)
    registry.register(collector)
    _registered[registry] = collector, options
    _add_runtime(registry)
    if folder is not None and isinstance(store, FileStore):
        count_collections(folder, store)
    return metrics


def restore_metrics(registry: CollectorRegistry) -> None:
    """Register the HTTP metrics again if the registry was emptied: its applications still count in them."""
    found = _registered.get(registry)
    if found is not None and found[0] not in collectors_of(registry):
        registry.register(found[0])
        _add_runtime(registry)


def registries() -> list[CollectorRegistry]:
    """Return the registries of instrumented applications, and the default registry."""
    return list({REGISTRY, *_registered})


def _remove_former(registry: CollectorRegistry) -> None:
    """Unregister the collector of an earlier import of this library: some tests reimport modules."""
    for collector in collectors_of(registry):
        kind = type(collector)
        if (kind.__module__, kind.__qualname__) == (HttpCollector.__module__, HttpCollector.__qualname__):
            registry.unregister(collector)


def _add_runtime(registry: CollectorRegistry) -> None:
    """Add metrics of Python and the process to a registry other than the default one, which has them."""
    if registry is REGISTRY:
        return
    present = {type(collector) for collector in collectors_of(registry)}
    for make in (ProcessCollector, PlatformCollector, GCCollector):
        if make not in present:
            make(registry=registry)


def _check_same(first: Options, second: Options) -> None:
    for name in ("buckets", "max_series", "sizes", "prefix", "extra_labels"):
        there, here = getattr(first, name), getattr(second, name)
        if name == "extra_labels":  # their values may differ, their names and order may not
            there, here = tuple(there), tuple(here)
        if there != here:
            raise InstrumentationError(
                WHERE,
                f"another application with the same registry uses different {name}",
                found=f"{there} there, {here} here",
                hint="use the same for both, or pass another registry=",
            )
