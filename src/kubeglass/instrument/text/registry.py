"""Write a registry's families as lines, prometheus_client's own metrics faster than their ``collect`` allows.

``collect`` makes a dict and a tuple for each sample. Here the text before each value, which never changes, is written
once per child, and a scrape only reads values. This uses private attributes of prometheus_client, so the first use
compares both ways on a small registry, and falls back to ``collect`` if they differ: see :func:`is_trusted`.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import prometheus_client.metrics
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    Summary,
    generate_latest,
)
from prometheus_client.registry import Collector

from kubeglass.instrument.text.format import (
    TEXT_0_0_4,
    Format,
    format_number,
    sample_text,
    sample_texts,
    write_exemplar,
    write_family,
)
from kubeglass.instrument.text.http_collector import HttpCollector, write_http_metrics

logger = logging.getLogger("kubeglass.instrument")

#: Collectors that kubeglass adds to an application's own registry.
RUNTIME = (ProcessCollector, PlatformCollector, GCCollector)

#: Collectors that show metrics of the Python runtime.
PYTHON = (PlatformCollector, GCCollector)

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


def write_registry(
    registry: CollectorRegistry, format_: Format, skipped: tuple[type[Collector], ...] = ()
) -> Iterator[str]:
    """Yield the lines of every collector that is of none of the skipped types."""
    target = registry.get_target_info()
    if target:
        yield from _write_generic(CollectorRegistry(target_info=target), format_)
    for collector in collectors_of(registry):
        if isinstance(collector, skipped):
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


class ChildTexts(NamedTuple):
    """The texts before a child's values, and before the time at which it was created."""

    values: tuple[str, ...]
    created: str


#: Texts by label values, for each metric that was ever written.
_known: weakref.WeakKeyDictionary[Any, dict[tuple[str, ...], ChildTexts]] = weakref.WeakKeyDictionary()


def write_wrapper(metric: Any, format_: Format) -> Iterator[str]:
    """Yield the lines of one metric, as ``generate_latest`` would write them."""
    yield format_.head(metric._name, metric._type, metric._documentation, metric._unit)
    has_created = prometheus_client.metrics._use_created and not isinstance(metric, Gauge)
    (_, read), is_open = WRITTEN[type(metric)], format_.is_open
    created: list[str] = []
    for child, texts in _children(metric):
        yield read(child, texts.values, is_open)
        if has_created:
            line = f"{texts.created} {_format_created(child._created)}\n"
            if is_open:
                yield line
            else:
                created.append(line)
    if created:
        yield format_.head(f"{metric._name}_created", "gauge", metric._documentation)
        yield from created


def _children(metric: Any) -> Iterator[tuple[Any, ChildTexts]]:
    children = [((), metric)]
    if metric._labelnames:
        with metric._lock:
            children = list(metric._metrics.items())
    known = _known.setdefault(metric, {})
    if len(known) > 2 * len(children) + 1:  # the application removes children
        known.clear()
    for values, child in children:
        yield child, known.get(values) or known.setdefault(values, _write_texts(metric, values))


def _write_texts(metric: Any, values: tuple[str, ...]) -> ChildTexts:
    name, labels = metric._name, list(zip(metric._labelnames, values, strict=True))
    bounds = metric._upper_bounds if isinstance(metric, Histogram) else ()
    suffixes, _ = WRITTEN[type(metric)]
    return ChildTexts(sample_texts(name, labels, suffixes, bounds), sample_text(f"{name}_created", labels))


#: A time of creation is the same at every scrape, and large numbers are slow to write.
_format_created = lru_cache(maxsize=1 << 14)(format_number)


def _exemplar(value: Any) -> str:
    found = value.get_exemplar()
    return write_exemplar(found) if found else ""


def _write_counter(child: Any, texts: tuple[str, ...], is_open: bool) -> str:  # noqa: FBT001  # by position, for speed
    value = child._value
    return f"{texts[0]} {format_number(value.get())}{_exemplar(value) if is_open else ''}\n"


def _write_gauge(child: Any, texts: tuple[str, ...], is_open: bool) -> str:  # noqa: ARG001, FBT001
    if "_child_samples" in child.__dict__:  # set_function was called
        return f"{texts[0]} {format_number(next(iter(child._child_samples())).value)}\n"
    return f"{texts[0]} {format_number(child._value.get())}\n"


def _write_summary(child: Any, texts: tuple[str, ...], is_open: bool) -> str:  # noqa: ARG001, FBT001
    return f"{texts[0]} {format_number(child._count.get())}\n{texts[1]} {format_number(child._sum.get())}\n"


def _write_histogram(child: Any, texts: tuple[str, ...], is_open: bool) -> str:  # noqa: FBT001
    count, lines = 0.0, []
    for text, bucket in zip(texts, child._buckets, strict=False):
        count += bucket.get()
        lines.append(f"{text} {format_number(count)}{_exemplar(bucket) if is_open else ''}\n")
    lines.append(f"{texts[-2]} {format_number(count)}\n")
    if child._upper_bounds[0] >= 0:
        lines.append(f"{texts[-1]} {format_number(child._sum.get())}\n")
    return "".join(lines)


#: The types that are written here: what their samples append to the metric's name, and what writes them.
WRITTEN: dict[type, tuple[tuple[str, ...], Callable[[Any, tuple[str, ...], bool], str]]] = {
    Counter: (("_total",), _write_counter),
    Gauge: (("",), _write_gauge),
    Summary: (("_count", "_sum"), _write_summary),
    Histogram: (("_count", "_sum"), _write_histogram),
}


@lru_cache(maxsize=1)
def is_trusted() -> bool:
    """Return whether the metrics of this version of prometheus_client can be read directly."""
    registry = CollectorRegistry()
    for number, make in enumerate(WRITTEN):
        metric = make(f"probe_{number}", "Probe.", ["label"], registry=registry)
        child = metric.labels("value")
        (child.observe if make in (Summary, Histogram) else child.inc)(0.5)
    try:
        lines = [line for metric in registry._collector_to_names for line in write_wrapper(metric, TEXT_0_0_4)]
        is_same = "".join(lines).encode() == generate_latest(registry)
    except Exception:  # noqa: BLE001  # whatever a changed attribute raises
        is_same = False
    if not is_same:
        logger.info("this version of prometheus_client is unknown, so its metrics are written more slowly")
    return is_same
