"""What is kept fits where it is kept, and is kept as long as it is needed."""

from __future__ import annotations

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Problem
from kubeglass.model.quantity import format_duration
from kubeglass.model.size import parse_memory, parse_size

#: The longest window of the burn-rate alerts, in seconds (three days).
LONGEST_ALERT_WINDOW = 3 * 86400.0


def volume_holds_retention(pipeline: Pipeline) -> list[Problem]:
    """Refuse a volume without room for the write-ahead log and compaction beside the data."""
    storage = pipeline.storage
    if storage.volume is None or parse_memory(storage.volume) >= 1.2 * parse_size(storage.retention.size):
        return []
    found = f"{storage.volume} for {storage.retention.size}"
    wrong = "must be a fifth larger than storage.retention.size at least; the write-ahead log and compaction need room"
    return [Problem(("storage", "volume"), wrong, found=found)]


def retention_covers_alerts(pipeline: Pipeline) -> list[Problem]:
    """Refuse a retention shorter than the slowest burn-rate alert looks back."""
    time = pipeline.storage.retention.time
    if not pipeline.objectives or time >= LONGEST_ALERT_WINDOW:
        return []
    wrong = f"must be at least {format_duration(LONGEST_ALERT_WINDOW)}, which the objectives' slowest alert looks back"
    return [Problem(("storage", "retention", "time"), wrong, found=f"found {format_duration(time)}")]
