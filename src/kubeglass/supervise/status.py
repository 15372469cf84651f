"""What ``status`` shows: the run file, and what can only be measured now."""

from __future__ import annotations

from dataclasses import dataclass

from kubeglass.observe.errors import ObserveError
from kubeglass.observe.processes import is_running, measure_age, measure_memory
from kubeglass.observe.prometheus import Prometheus
from kubeglass.supervise.process.group import ProcessStatus
from kubeglass.supervise.state.run_file import RunRecord

#: ``status`` must answer even while Prometheus is down.
ANSWER_SECONDS = 2.0

#: A target without a sample in this many scrape intervals is not told of: nobody looks at it any more.
FRESH_SCRAPES = 6


@dataclass(frozen=True, slots=True)
class ProcessView:
    """One process as it is now.

    Args:
        process: what the run file says.
        uptime_seconds: since its last start; None when it does not run.
        memory_bytes: resident memory, with that of its workers; None when it does not run.
    """

    process: ProcessStatus
    uptime_seconds: float | None
    memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class TargetView:
    """One scraped target.

    Args:
        job: the app's name.
        instance: its address.
        up: whether its last scrape succeeded.
    """

    job: str
    instance: str
    up: bool


def view_processes(record: RunRecord) -> list[ProcessView]:
    """Measure every process of a run."""
    return [_view(process) for process in record.processes]


def view_targets(record: RunRecord) -> list[TargetView] | None:
    """Ask the run's Prometheus for its targets; None when it does not answer."""
    try:
        with Prometheus(record.prometheus, timeout_seconds=ANSWER_SECONDS) as prometheus:
            samples = prometheus.query(f"last_over_time(up[{FRESH_SCRAPES * record.scrape_interval:.0f}s])")
    except ObserveError:
        return None
    views = [
        TargetView(sample.labels.get("job", ""), sample.labels.get("instance", ""), sample.value == 1)
        for sample in samples
    ]
    return sorted(views, key=lambda view: (view.job, view.instance))


def _view(process: ProcessStatus) -> ProcessView:
    if process.identity is None or not is_running(process.identity):
        return ProcessView(process, None, None)
    return ProcessView(process, measure_age(process.identity), measure_memory(process.identity.pid))
