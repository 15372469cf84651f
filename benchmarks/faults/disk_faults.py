"""Disks are full or cannot be written, and files are damaged."""

from __future__ import annotations

from pathlib import Path

from faults.disk import SmallDisk
from faults.fault import Fault
from faults.stand import Stand, read_log
from faults.waiting import let_pass, wait_until

QUEUE = "data/otelcol/queue"
STORAGE = "data/prometheus"
#: Room for a minute of the shop's metrics.
QUEUE_SIZE = "1m"
STORAGE_SIZE = "48m"
UNWRITABLE_SECONDS = 10.0
#: The two pages that say where the others are: without them, the queue is refused before anything of it is read.
QUEUE_HEAD = 2 * 4096


def fill_queue_disk(stand: Stand) -> None:
    """Leave the queue no room while data waits in it, and make room once Prometheus is back.

    The queue itself needs a little room to let go of what it delivered: on a disk that stays full it may be stuck for
    good (https://github.com/open-telemetry/opentelemetry-collector/issues/7198).
    """
    stand.take_down("prometheus")
    let_pass(UNWRITABLE_SECONDS / 2)
    stand.disk.fill()
    wait_until(lambda: "no space left" in read_log(stand, "otelcol"), "the queue's disk to be full")
    let_pass(UNWRITABLE_SECONDS)
    stand.release("prometheus")
    stand.wait_for("prometheus", "running", restarts=1)
    stand.disk.empty()


def make_storage_read_only(stand: Stand) -> None:
    """Bring Prometheus up on a folder that it cannot write."""
    stand.take_down("prometheus")
    stand.disk.set_writable(writable=False)
    stand.release("prometheus")
    stand.wait_for("prometheus", "backoff", restarts=2)
    stand.disk.set_writable(writable=True)


def fill_storage_disk(stand: Stand) -> None:
    """Leave Prometheus no room while it runs."""
    stand.disk.fill()
    wait_until(lambda: "no space left" in read_log(stand, "prometheus"), "Prometheus's disk to be full")
    let_pass(UNWRITABLE_SECONDS)
    stand.disk.empty()


def damage_write_ahead_log(stand: Stand) -> None:
    """Write nonsense into the middle of what Prometheus has not yet put into blocks."""
    stand.take_down("prometheus")
    segment = max((stand.root / STORAGE / "wal").glob("[0-9]*"))
    size = segment.stat().st_size
    overwrite(segment, size // 3, size * 2 // 3)
    stand.release("prometheus")


def damage_queue(stand: Stand) -> None:
    """Destroy the queue's file while data waits in it."""
    stand.take_down("prometheus")
    let_pass(UNWRITABLE_SECONDS / 2)
    stand.take_down("otelcol")
    for file in queue_files(stand):
        # Any of the other pages may be unused.
        overwrite(file, QUEUE_HEAD, file.stat().st_size)
    stand.release("otelcol")
    stand.wait_for("otelcol", "running", restarts=1)
    stand.release("prometheus")


def queue_files(stand: Stand) -> list[Path]:
    """List the collector's queues."""
    return sorted((stand.root / QUEUE).glob("exporter_*"))


def overwrite(path: Path, begin: int, end: int) -> None:
    """Put nonsense over the bytes of a file from ``begin`` to ``end``."""
    content = bytearray(path.read_bytes())
    content[begin:end] = (bytes(range(256)) * ((end - begin) // 256 + 1))[: end - begin]
    path.write_bytes(content)


DISK_FAULTS = (
    Fault(
        "queue-disk-full",
        "the disk of the queue is full while Prometheus is stopped",
        "the collector keeps what is queued, refuses what comes next, and delivers once Prometheus is back and there is "
        "room again",
        "the scrapes that found no room; counters lose nothing by it, as the next scrape carries the same total",
        fill_queue_disk,
        SmallDisk(QUEUE, QUEUE_SIZE),
        counted_by=("otelcol_exporter_enqueue_failed_metric_points",),
        alert="CollectorLosesData",
        told_by=("otelcol", "no space left on device"),
    ),
    Fault(
        "storage-unwritable",
        "Prometheus's data folder cannot be written when it starts",
        "it ends at once and is started again with growing delays (30 s at most); the collector queues meanwhile",
        "nothing, as long as the queue has room",
        make_storage_read_only,
        SmallDisk(STORAGE, STORAGE_SIZE),
        told_by=("prometheus", "read-only file system"),
    ),
    Fault(
        "storage-full",
        f"the disk of Prometheus's data is full for {UNWRITABLE_SECONDS:.0f} s",
        "Prometheus drops what it cannot write; it tells the collector that all is well, so nothing is queued "
        "(its OTLP receiver forgets the error of the commit)",
        "the scrapes of that time; counters lose nothing by it",
        fill_storage_disk,
        SmallDisk(STORAGE, STORAGE_SIZE),
        counted_by=("prometheus_tsdb_wal_writes_failed_total",),
        told_by=("prometheus", "no space left on device"),
    ),
    Fault(
        "write-ahead-log-damaged",
        "Prometheus's write-ahead log is damaged",
        "Prometheus repairs it when it starts: it drops what follows the damage",
        "samples since the damage, of the last two or three hours at most (older ones are in blocks); counters lose "
        "nothing by it",
        damage_write_ahead_log,
        counted_by=("prometheus_tsdb_wal_corruptions_total",),
        told_by=("prometheus", "Successfully repaired WAL"),
        reaches_back=True,
    ),
    Fault(
        "queue-damaged",
        "the file of the queue is damaged",
        "the collector dies of it; kubeglass reads that from its last lines, puts the file aside and starts it again",
        "what waited in the queue, at most `collector.queue.size`; counters lose nothing by it",
        damage_queue,
        told_by=("otelcol", "was damaged"),
    ),
)
