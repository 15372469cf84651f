"""Each living worker's process, as prometheus_client shows the only one there is elsewhere, with a ``pid`` label.

A sum would not do: when a worker ends its processor time would vanish from the sum, and a counter must not go back.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from prometheus_client import ProcessCollector
from prometheus_client.core import Metric as Family

from kubeglass.instrument.exposition.formats import Format
from kubeglass.instrument.exposition.generic import write_family


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
