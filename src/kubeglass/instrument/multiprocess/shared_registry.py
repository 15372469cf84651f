"""The metrics of all processes of an application as lines."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    Summary,
)
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from kubeglass.catalog import GC_METRICS
from kubeglass.instrument.multiprocess.cardinality_limit import limits_of
from kubeglass.instrument.multiprocess.scrape import Scrape, SharedValues
from kubeglass.instrument.registration import registries
from kubeglass.instrument.storage.multiprocess_folder import folder_name
from kubeglass.instrument.text.format import Format, write_family
from kubeglass.instrument.text.http_collector import HttpCollector, build_info, exemplars_of
from kubeglass.instrument.text.registry import collectors_of, is_of_python, names_in, sample_gauges, write_registry

#: Collectors whose values are in the folder, or which are asked for every process.
IN_FOLDER = (HttpCollector, Counter, Gauge, Histogram, Summary, GCCollector, ProcessCollector)

GC_FAMILIES = {metric.name.removesuffix("_total") for metric in GC_METRICS}


class SharedRegistry:
    """A registry whose values, and those of other processes, are in the multiprocess folder.

    Args:
        registry: the registry; its other collectors are asked in this process: versions, an application's own ones.
        folder: the multiprocess folder.
        python_metrics: whether what tells of the Python runtime is shown.
    """

    def __init__(self, registry: CollectorRegistry, folder: Path, *, python_metrics: bool = True) -> None:
        self._registry = registry
        self._python_metrics = python_metrics
        self._common = SharedValues(folder)
        self._own: SharedValues | None = None

    def write(self, format_: Format) -> Iterator[str]:
        """Yield the lines of what processes share, and of what this one alone can tell."""
        sample_gauges(self._registry)
        own = [found for found in collectors_of(self._registry) if isinstance(found, HttpCollector)]
        for collector in own:
            collector.avoid_taken_names()
        exemplars = {text: trace for found in own for text, trace in exemplars_of(found).items()}
        scrape = Scrape(format_, exemplars if format_.is_open else {}, limits=limits_of(self._registry))
        name = folder_name(self._registry)
        if name:
            # Known only now: the page may be made before the application is instrumented.
            self._own = self._own or SharedValues(self._common.path / name)
            yield from self._own.write(scrape)
        hidden = names_elsewhere(self._registry) | (set() if self._python_metrics else GC_FAMILIES)
        common = replace(scrape, families=scrape.families | hidden, limits=limits_of(REGISTRY))
        yield from self._common.write(common)
        yield from write_processes(sorted(scrape.pids), format_, common.families - hidden)
        yield from write_family(build_info(), format_)
        yield from write_registry(self._registry, format_, is_skipped=self._is_skipped)

    def _is_skipped(self, collector: Collector) -> bool:
        return is_in_folder(collector) or (not self._python_metrics and is_of_python(collector))


def names_elsewhere(registry: CollectorRegistry) -> set[str]:
    """Return names of families in the common folder that belong to other registries.

    A family that no registry of this process knows is shown everywhere: another worker may have made it.
    """
    names: set[str] = set()
    for other in registries():
        if other is not registry:
            names |= set(names_in(other)) | set(limits_of(other))
    names -= set(names_in(registry))
    own = set(limits_of(registry))
    names = names | own if folder_name(registry) else names - own
    return names - GC_FAMILIES


def is_in_folder(collector: Collector) -> bool:
    """Say whether a collector's values are shown from the folder."""
    return isinstance(collector, IN_FOLDER)


def write_processes(pids: Iterable[int], format_: Format, shown: Container[str] = ()) -> Iterator[str]:
    """Yield the lines of the process metrics of these processes; nothing where there is no /proc.

    Args:
        pids: the processes.
        format_: the format.
        shown: names of families that an application has of its own.
    """
    families: dict[str, Family] = {}
    for pid in pids:
        for found in ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect():  # type: ignore[misc]
            family = families.setdefault(found.name, Family(found.name, found.documentation, found.type))
            for sample in found.samples:
                family.add_sample(sample.name, {"pid": str(pid)}, sample.value)
    for family in families.values():
        if family.name not in shown:
            yield from write_family(family, format_)
