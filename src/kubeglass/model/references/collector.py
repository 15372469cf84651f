"""The collector has room for its work."""

from __future__ import annotations

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Problem
from kubeglass.model.size import parse_memory, parse_size

#: Bytes. The process itself takes about 45 MiB that nothing can reclaim.
LEAST_MEMORY = 100 * 1024**2

#: Bytes. A page of a hundred thousand series is about 3 MB when it is sent.
LEAST_QUEUE = 10 * 1024**2


def memory(pipeline: Pipeline) -> list[Problem]:
    """Refuse a limit that the kernel would end the collector at."""
    limit = pipeline.collector.resources.limits.memory
    if limit is None or parse_memory(limit) >= LEAST_MEMORY:
        return []
    wrong = "must be at least 100Mi, else the collector is killed as soon as it starts"
    return [Problem(("collector", "resources", "limits", "memory"), wrong, found=f"found {limit}")]


def queue_size(pipeline: Pipeline) -> list[Problem]:
    """Refuse a queue that one large scrape does not fit into."""
    size = pipeline.collector.queue.size
    if parse_size(size) >= LEAST_QUEUE:
        return []
    wrong = "must be at least 10MB, else a large scrape does not fit"
    return [Problem(("collector", "queue", "size"), wrong, found=f"found {size}")]
