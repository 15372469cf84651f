"""The metrics of all processes of an application as lines."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, ProcessCollector, Summary
from prometheus_client.registry import Collector

from kubeglass.instrument.collect_http import HttpCollector, build_info
from kubeglass.instrument.exposition.formats import Format
from kubeglass.instrument.exposition.generic import write_family
from kubeglass.instrument.exposition.http import exemplars_of
from kubeglass.instrument.exposition.registry import collectors_of, write_registry
from kubeglass.instrument.multiprocess.processes import write_processes
from kubeglass.instrument.multiprocess.scrape import Scrape, SharedValues

#: Collectors whose values are in the folder, or which are asked for every process.
IN_FOLDER = (HttpCollector, Counter, Gauge, Histogram, Summary, GCCollector, ProcessCollector)


def write_shared(registry: CollectorRegistry, values: SharedValues, format_: Format) -> Iterator[str]:
    """Yield the lines of what processes share, and of what this one alone can tell.

    Args:
        registry: its other collectors are asked in this process: versions, an application's own collectors.
        values: the multiprocess folder.
        format_: the format.
    """
    exemplars: dict[str, str] = {}
    if format_.is_open:
        for collector in collectors_of(registry):
            if isinstance(collector, HttpCollector):
                exemplars |= exemplars_of(collector)
    scrape = Scrape(format_, exemplars)
    yield from values.write(scrape)
    yield from write_processes(scrape.pids, format_)
    yield from write_family(build_info(), format_)
    yield from write_registry(registry, format_, is_skipped=is_in_folder)


def is_in_folder(collector: Collector) -> bool:
    """Say whether a collector's values are shown from the folder."""
    return isinstance(collector, IN_FOLDER)
