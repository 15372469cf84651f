"""Memory, disk and retention are large enough for what they must hold."""

from __future__ import annotations

from collections.abc import Iterator

from kubeglass.model.duration import DAY, format_duration
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Loc, Problem
from kubeglass.model.quantity import parse_cpu, parse_memory, parse_size
from kubeglass.model.sections.section import Resources

#: Bytes. The process itself takes about 45 MiB that nothing can reclaim.
LEAST_MEMORY = 100 * 1024**2

#: Bytes. A page of a hundred thousand series is about 3 MB when it is sent.
LEAST_QUEUE = 10 * 1024**2

#: Bytes of one segment of the write-ahead log (https://prometheus.io/docs/prometheus/latest/storage/#on-disk-layout);
#: to Prometheus 0 means no limit at all.
LEAST_SIZE = 128 * 1024**2

#: The longest window of the burn-rate alerts, in seconds (three days).
LONGEST_ALERT_WINDOW = 3 * DAY


def collector_memory(pipeline: Pipeline) -> Iterator[Problem]:
    """Reject a memory limit that is too low for the collector."""
    limit = pipeline.collector.resources.limits.memory
    if limit is not None and parse_memory(limit) < LEAST_MEMORY:
        wrong = "must be at least 100Mi, or the collector runs out of memory as it starts"
        yield Problem(("collector", "resources", "limits", "memory"), wrong, found=f"found {limit}")


def queue_size(pipeline: Pipeline) -> Iterator[Problem]:
    """Reject a queue smaller than one large scrape."""
    size = pipeline.collector.queue.size
    if parse_size(size) < LEAST_QUEUE:
        wrong = "must be at least 10MB, or a large scrape does not fit"
        yield Problem(("collector", "queue", "size"), wrong, found=f"found {size}")


def retention(pipeline: Pipeline) -> Iterator[Problem]:
    """Reject a size that holds nothing, a volume without room for it, and a lateness beyond what is kept."""
    storage = pipeline.storage
    size, time = parse_size(storage.retention.size), storage.retention.time
    if size < LEAST_SIZE:
        wrong = "must be at least 128MB, the size of one write-ahead log segment"
        yield Problem(("storage", "retention", "size"), wrong, found=f"found {storage.retention.size}")
    if storage.volume is not None and parse_memory(storage.volume) < 1.2 * size:
        wrong = "must be at least 20% larger than storage.retention.size, for the write-ahead log and compaction"
        yield Problem(("storage", "volume"), wrong, found=f"{storage.volume} for {storage.retention.size}")
    if "out_of_order" in storage.model_fields_set:
        yield from _within(("storage", "out_of_order"), storage.out_of_order, "storage.retention.time", time)


def retention_covers_window(pipeline: Pipeline) -> Iterator[Problem]:
    """Reject an alert window longer than the retention."""
    time = pipeline.storage.retention.time
    return _within(("alerts", "window"), pipeline.alert_window, "storage.retention.time", time)


def scrape_timeout(pipeline: Pipeline) -> Iterator[Problem]:
    """Reject a timeout longer than the interval, as Prometheus and the collector do."""
    return _within(("scrape", "timeout"), pipeline.scrape.timeout or 0.0, "scrape.interval", pipeline.scrape.interval)


def _within(loc: Loc, seconds: float, limit: str, most: float) -> Iterator[Problem]:
    if seconds > most:
        found = f"{format_duration(seconds)} exceeds {format_duration(most)}"
        yield Problem(loc, f"must not be longer than {limit}", found=found)


def retention_covers_alerts(pipeline: Pipeline) -> Iterator[Problem]:
    """Reject a retention shorter than the longest window of the burn-rate alerts."""
    time, least = pipeline.storage.retention.time, LONGEST_ALERT_WINDOW
    if pipeline.objectives and time < least:
        wrong = f"must be at least {format_duration(least)}, the longest window of the objectives' alerts"
        yield Problem(("storage", "retention", "time"), wrong, found=f"found {format_duration(time)}")


def requests_within_limits(pipeline: Pipeline) -> Iterator[Problem]:
    """Find requests above their limits."""
    parts: list[tuple[Loc, Resources]] = [
        (("apps", index, "resources"), app.resources) for index, app in enumerate(pipeline.apps)
    ]
    parts.append((("collector", "resources"), pipeline.collector.resources))
    parts.append((("storage", "resources"), pipeline.storage.resources))
    parts.append((("cluster", "grafana", "resources"), pipeline.cluster.grafana.resources))
    parts.append((("cluster", "viewer", "resources"), pipeline.cluster.viewer.resources))
    for loc, resources in parts:
        for name, parse in (("cpu", parse_cpu), ("memory", parse_memory)):
            request, limit = getattr(resources.requests, name), getattr(resources.limits, name)
            if request and limit and parse(request) > parse(limit):
                found = f"{request} exceeds {limit}"
                yield Problem((*loc, "requests", name), f"must not exceed limits.{name}", found=found)
