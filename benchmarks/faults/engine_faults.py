"""The engines end, stop answering, or stay away for a while."""

from __future__ import annotations

import signal

from faults.fault import Fault
from faults.stand import Stand
from faults.waiting import let_pass

#: The issue's own figure.
STOPPED_SECONDS = 60.0
#: Long enough for the collector's retries and its queue on disk to matter.
OUTAGE_SECONDS = 15.0


def kill_prometheus(stand: Stand) -> None:
    """Kill Prometheus, which starts again at once."""
    stand.send("prometheus", signal.SIGKILL)


def stop_prometheus(stand: Stand) -> None:
    """Keep Prometheus down for a minute."""
    stand.take_down("prometheus")
    let_pass(STOPPED_SECONDS)
    stand.release("prometheus")


def freeze_prometheus(stand: Stand) -> None:
    """Freeze Prometheus, so that it lives and does not answer, until the supervisor has replaced it."""
    stand.send("prometheus", signal.SIGSTOP)
    stand.wait_for("prometheus", "starting", restarts=1)


def kill_collector(stand: Stand) -> None:
    """Kill the collector, which starts again at once."""
    stand.send("otelcol", signal.SIGKILL)


def kill_both(stand: Stand) -> None:
    """Keep Prometheus down, and kill the collector meanwhile."""
    stand.take_down("prometheus")
    let_pass(OUTAGE_SECONDS / 2)
    stand.send("otelcol", signal.SIGKILL)
    stand.wait_for("otelcol", "running", restarts=1)
    let_pass(OUTAGE_SECONDS / 2)
    stand.release("prometheus")


ENGINE_FAULTS = (
    Fault(
        "prometheus-stopped",
        f"Prometheus is stopped for {STOPPED_SECONDS:.0f} s under load",
        "the collector queues on disk and delivers late, in order",
        "nothing, as long as the queue has room (`collector.queue.size`) and the outage is shorter than "
        "`storage.out_of_order`",
        stop_prometheus,
    ),
    Fault(
        "prometheus-frozen",
        "Prometheus lives and does not answer",
        "three looks in a row fail; SIGTERM, 15 s of grace, SIGKILL; it starts again; the collector queues meanwhile",
        "nothing, as above",
        freeze_prometheus,
    ),
    Fault(
        "prometheus-killed",
        "Prometheus is killed",
        "it starts again; the collector queues on disk meanwhile and delivers late",
        "nothing, as above",
        kill_prometheus,
    ),
    Fault(
        "collector-killed",
        "the collector is killed",
        "it starts again and reads its queue from disk",
        "the scrapes of its own restart; counters lose nothing by it, as the next scrape carries the same total",
        kill_collector,
    ),
    Fault(
        "both-killed",
        f"Prometheus is down for {OUTAGE_SECONDS:.0f} s, the collector is killed meanwhile",
        "the new collector reads the queue from disk and delivers it once Prometheus is back",
        "the scrapes of the collector's restart",
        kill_both,
    ),
)
