"""prometheus_client's own counters, gauges, histograms and summaries, written without asking them to ``collect``.

Collecting makes a dict and a tuple for each sample only for them to be taken apart again. What stands before a value
never changes, so it is written once per child and kept; a scrape then reads the values and nothing else.
This reads attributes that prometheus_client does not promise. So the first use compares both ways on a small registry,
and where they differ (another version of prometheus_client), the slow way is taken for good: see :func:`is_trusted`.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import prometheus_client.metrics
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest
from prometheus_client.registry import Collector

from kubeglass.instrument.text.format import TEXT_0_0_4, Format, format_number, sample_text, write_exemplar

logger = logging.getLogger("kubeglass.instrument")

#: What each type's samples are called after the family's name; a histogram's buckets come before them.
SUFFIXES: dict[type, tuple[str, ...]] = {
    Counter: ("_total",),
    Gauge: ("",),
    Summary: ("_count", "_sum"),
    Histogram: ("_count", "_sum"),
}


class ChildTexts:
    """What of a child's lines never changes.

    Args:
        before: what stands before each value.
        created: what stands before the time at which the child was made.
    """

    __slots__ = ("_created", "_created_at", "_created_line", "before")

    def __init__(self, before: tuple[str, ...], created: str) -> None:
        self.before = before
        self._created = created
        self._created_at = -1.0
        self._created_line = ""

    def created_line(self, created: float) -> str:
        """Write when the child was made; that changes only when a counter is reset."""
        if created != self._created_at:
            self._created_at = created
            self._created_line = f"{self._created} {format_number(created)}\n"
        return self._created_line


#: For each metric that was ever written, label values to texts.
_known: weakref.WeakKeyDictionary[Any, dict[tuple[str, ...], ChildTexts]] = weakref.WeakKeyDictionary()


def is_wrapper(collector: Collector) -> bool:
    """Say whether a collector is exactly one of prometheus_client's own metric classes."""
    return type(collector) in SUFFIXES


def write_wrapper(metric: Any, format_: Format) -> Iterator[str]:
    """Yield the lines of one metric, as ``generate_latest`` would write them."""
    yield format_.head(metric._name, metric._type, metric._documentation, metric._unit)
    has_created = prometheus_client.metrics._use_created and not isinstance(metric, Gauge)
    read, is_open = _READERS[type(metric)], format_.is_open
    created: list[str] = []
    for child, texts in _children(metric):
        lines = read(child, texts.before, is_open)
        if has_created:
            line = texts.created_line(child._created)
            if is_open:
                lines += line
            else:
                created.append(line)
        yield lines
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
    buckets = (sample_text(f"{name}_bucket", [*labels, ("le", format_number(bound))]) for bound in bounds)
    totals = (sample_text(name + suffix, labels) for suffix in SUFFIXES[type(metric)])
    return ChildTexts((*buckets, *totals), sample_text(f"{name}_created", labels))


def _exemplar(value: Any) -> str:
    found = value.get_exemplar()
    return write_exemplar(found) if found else ""


def _read_counter(child: Any, texts: tuple[str, ...], is_open: bool) -> str:  # noqa: FBT001  # by position, for speed
    value = child._value
    return f"{texts[0]} {format_number(value.get())}{_exemplar(value) if is_open else ''}\n"


def _read_gauge(child: Any, texts: tuple[str, ...], is_open: bool) -> str:  # noqa: ARG001, FBT001
    if "_child_samples" in child.__dict__:  # set_function was called
        return f"{texts[0]} {format_number(next(iter(child._child_samples())).value)}\n"
    return f"{texts[0]} {format_number(child._value.get())}\n"


def _read_summary(child: Any, texts: tuple[str, ...], is_open: bool) -> str:  # noqa: ARG001, FBT001
    return f"{texts[0]} {format_number(child._count.get())}\n{texts[1]} {format_number(child._sum.get())}\n"


def _read_histogram(child: Any, texts: tuple[str, ...], is_open: bool) -> str:  # noqa: FBT001
    count, lines = 0.0, []
    for text, bucket in zip(texts, child._buckets, strict=False):
        count += bucket.get()
        lines.append(f"{text} {format_number(count)}{_exemplar(bucket) if is_open else ''}\n")
    lines.append(f"{texts[-2]} {format_number(count)}\n")
    if child._upper_bounds[0] >= 0:
        lines.append(f"{texts[-1]} {format_number(child._sum.get())}\n")
    return "".join(lines)


_READERS: dict[type, Callable[[Any, tuple[str, ...], bool], str]] = {
    Counter: _read_counter,
    Gauge: _read_gauge,
    Summary: _read_summary,
    Histogram: _read_histogram,
}


@lru_cache(maxsize=1)
def is_trusted() -> bool:
    """Say whether this version of prometheus_client is one whose metrics can be read directly."""
    registry = CollectorRegistry()
    for number, make in enumerate(SUFFIXES):
        metric = make(f"probe_{number}", "Probe.", ["label"], registry=registry)
        child = metric.labels("value")
        (child.observe if make in (Summary, Histogram) else child.inc)(0.5)
    try:
        lines = [line for metric in registry._collector_to_names for line in write_wrapper(metric, TEXT_0_0_4)]
        is_same = "".join(lines).encode() == generate_latest(registry)
    except Exception:  # noqa: BLE001  # whatever a changed attribute raises
        is_same = False
    if not is_same:
        logger.info("this version of prometheus_client is not known; its metrics are written the slow way")
    return is_same
