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


def collector_memory(pipeline: Pipeline) -> list[Problem]:
    """Reject a memory limit that is too low for the collector."""
    limit = pipeline.collector.resources.limits.memory
    if limit is None or parse_memory(limit) >= LEAST_MEMORY:
        return []
    wrong = "must be at least 100Mi, or the collector runs out of memory as it starts"
    return [Problem(("collector", "resources", "limits", "memory"), wrong, found=f"found {limit}")]


def queue_size(pipeline: Pipeline) -> list[Problem]:
    """Reject a queue smaller than one large scrape."""
    size = pipeline.collector.queue.size
    if parse_size(size) >= LEAST_QUEUE:
        return []
    wrong = "must be at least 10MB, or a large scrape does not fit"
    return [Problem(("collector", "queue", "size"), wrong, found=f"found {size}")]


#: Bytes of one segment of the write-ahead log (https://prometheus.io/docs/prometheus/latest/storage/#on-disk-layout);
#: to Prometheus 0 means no bound at all.
LEAST_SIZE = 128 * 1024**2

#: The longest window of the burn-rate alerts, in seconds (three days).
LONGEST_ALERT_WINDOW = 3 * DAY


def retention_holds_something(pipeline: Pipeline) -> list[Problem]:
    """Reject a size limit that would delete every sample at once, or be no limit."""
    size = pipeline.storage.retention.size
    if parse_size(size) >= LEAST_SIZE:
        return []
    wrong = "must be at least 128MB, the size of one write-ahead log segment"
    return [Problem(("storage", "retention", "size"), wrong, found=f"found {size}")]


def retention_covers_lateness(pipeline: Pipeline) -> list[Problem]:
    """Reject a lateness beyond the retention, since late data would be deleted at once."""
    storage = pipeline.storage
    if "out_of_order" not in storage.model_fields_set or storage.out_of_order <= storage.retention.time:
        return []
    found = f"{format_duration(storage.out_of_order)} exceeds {format_duration(storage.retention.time)}"
    return [Problem(("storage", "out_of_order"), "must not be longer than storage.retention.time", found=found)]


def retention_covers_window(pipeline: Pipeline) -> list[Problem]:
    """Reject an alert window longer than the retention."""
    window, time = pipeline.alert_window, pipeline.storage.retention.time
    if window <= time:
        return []
    found = f"{format_duration(window)} exceeds {format_duration(time)}"
    return [Problem(("alerts", "window"), "must not be longer than storage.retention.time", found=found)]


def volume_holds_retention(pipeline: Pipeline) -> list[Problem]:
    """Reject a volume without room for the write-ahead log and compaction."""
    storage = pipeline.storage
    if storage.volume is None or parse_memory(storage.volume) >= 1.2 * parse_size(storage.retention.size):
        return []
    found = f"{storage.volume} for {storage.retention.size}"
    wrong = "must be at least 20% larger than storage.retention.size, for the write-ahead log and compaction"
    return [Problem(("storage", "volume"), wrong, found=found)]


def retention_covers_alerts(pipeline: Pipeline) -> list[Problem]:
    """Reject a retention shorter than the longest window of the burn-rate alerts."""
    time = pipeline.storage.retention.time
    if not pipeline.objectives or time >= LONGEST_ALERT_WINDOW:
        return []
    wrong = f"must be at least {format_duration(LONGEST_ALERT_WINDOW)}, the longest window of the objectives' alerts"
    return [Problem(("storage", "retention", "time"), wrong, found=f"found {format_duration(time)}")]


def requests_within_limits(pipeline: Pipeline) -> list[Problem]:
    """Find requests above their limits."""
    parts: list[tuple[Loc, Resources]] = [
        (("apps", index, "resources"), app.resources) for index, app in enumerate(pipeline.apps)
    ]
    parts.append((("collector", "resources"), pipeline.collector.resources))
    parts.append((("storage", "resources"), pipeline.storage.resources))
    return [problem for loc, resources in parts for problem in _exceeded(loc, resources)]


def _exceeded(loc: Loc, resources: Resources) -> Iterator[Problem]:
    request, limit = resources.requests, resources.limits
    if request.cpu and limit.cpu and parse_cpu(request.cpu) > parse_cpu(limit.cpu):
        found = f"{request.cpu} exceeds {limit.cpu}"
        yield Problem((*loc, "requests", "cpu"), "must not exceed limits.cpu", found=found)
    if request.memory and limit.memory and parse_memory(request.memory) > parse_memory(limit.memory):
        found = f"{request.memory} exceeds {limit.memory}"
        yield Problem((*loc, "requests", "memory"), "must not exceed limits.memory", found=found)
