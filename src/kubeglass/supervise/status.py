"""What ``status`` shows: the run file, and what can only be measured now."""

from __future__ import annotations

from dataclasses import dataclass

from kubeglass.observe.errors import ObserveError
from kubeglass.observe.processes import is_running, measure_age, measure_memory
from kubeglass.observe.prometheus import Prometheus
from kubeglass.supervise.process.manager import ProcessStatus
from kubeglass.supervise.state.run_file import RunRecord

#: ``status`` must respond even while Prometheus is down.
ANSWER_SECONDS = 2.0

#: A target without a sample in this many scrape intervals is no longer scraped, and not shown.
FRESH_SCRAPES = 6


@dataclass(frozen=True, slots=True)
class ProcessView:
    """One process now; uptime in seconds, memory in bytes with that of its workers; None if it is not running."""

    process: ProcessStatus
    uptime_seconds: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class TargetView:
    """One scraped target: the app's name, the address, and whether its last scrape succeeded."""

    job: str
    instance: str
    up: bool


def view_processes(record: RunRecord) -> list[ProcessView]:
    """Measure every process of a run."""
    return [_view(process) for process in record.processes]


def view_targets(record: RunRecord) -> list[TargetView] | None:
    """Query the run's Prometheus for its targets; return None if it does not respond."""
    try:
        with Prometheus(record.prometheus, timeout_seconds=ANSWER_SECONDS) as prometheus:
            samples = prometheus.query(f"last_over_time(up[{FRESH_SCRAPES * record.scrape_interval:.0f}s])")
    except ObserveError:
        return None
    return sorted(
        TargetView(sample.labels.get("job", ""), sample.labels.get("instance", ""), sample.value == 1)
        for sample in samples
    )


def _view(process: ProcessStatus) -> ProcessView:
    if process.identity is None or not is_running(process.identity):
        return ProcessView(process)
    return ProcessView(process, measure_age(process.identity), measure_memory(process.identity.pid))
