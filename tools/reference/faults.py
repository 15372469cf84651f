"""docs/reference/faults.md from what benchmarks/local_faults.py measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "local_faults.json"

HEAD = """# What a fault costs a local run

Generated from `benchmarks/results/local_faults.json` by `make docs`. Each row is a test on real engines
(`tests/engines/test_faults.py`, part of `make test`): customers use the shop all the while and keep an account of every
answer, and afterwards Prometheus's count is compared with it, route by route.
`{command} NAME` measures a row again.

{method} {system}, {cores} cores, {date}.

| fault | what happens | what may be lost | requests / not counted | scrapes / lost | recovered after | counted by |
|---|---|---|---|---|---|---|
{rows}
"Requests" were answered, "scrapes" were due from the fault's beginning to the end of the run.
"Recovered after" runs from the fault's end (the death, the disk's being writable again, the release) until a query sees
the latest value. Scrapes that are lost, whatever the fault, are gaps in `up`: with an interval of one second,
`300 - count_over_time(up{{job="shop"}}[5m])` counts those of five minutes. Counters lose nothing by a gap, as the next
scrape carries the same total; a gauge's values within it are gone.

## What bounds a loss

- **The queue**: `collector.queue.size` of what waits on disk. When it is full, or its disk, new scrapes are refused,
  `otelcol_exporter_enqueue_failed_metric_points` counts them and the alert
  [CollectorLosesData](../rules/CollectorLosesData.md) fires. Make room on a full disk: the queue itself needs a few
  kilobytes to let go of what it delivered, and may be stuck without them
  ([opentelemetry-collector#7198](https://github.com/open-telemetry/opentelemetry-collector/issues/7198)).
- **An outage of Prometheus** longer than `storage.out_of_order`: what is older is refused for good and counted by
  `otelcol_exporter_send_failed_metric_points`; the same alert fires.
- **A damaged queue**: all that waited in it. `kubeglass logs otelcol` and `kubeglass status` say so; the file is kept
  as `.kubeglass/data/otelcol/queue/*.damaged`, one of each queue. Damage within a single request has no checksum to be
  found by; the collector drops the request and logs `Failed unmarshalling item`.
- **A damaged write-ahead log**: what follows the damage, of the last two or three hours that are not in blocks yet.
  `prometheus_tsdb_wal_corruptions_total` counts it on Prometheus's own `/metrics`.
- **A full disk of Prometheus**: the scrapes of that time. `prometheus_tsdb_wal_writes_failed_total` on its own
  `/metrics` counts the failed writes. The collector does not learn of it: Prometheus answers 200.
- **A killed worker**: the requests in its hands, which fail for the customer, too.

A power cut is another matter: with `collector.queue.fsync: false` (the default) the system may not have written the
last seconds of the queue; with `true` every scrape is on disk before it counts as taken.

Prometheus replays its write-ahead log when it starts, which takes minutes after a long run with many series. It is
given that time: as long as its `/-/ready` answers at all, it counts as starting. The first start of a run gives up
after `kubeglass up --timeout`.

On a cluster nobody puts a damaged queue aside: the collector's pod ends at every start until the file below its
`hostPath` is removed. `kubectl logs` shows `invalid database` or a panic in `go.etcd.io/bbolt`. What else a fault costs
there is in [what a fault costs](../cluster/faults.md).
"""


def render_faults() -> str:
    """Make the table of what was measured."""
    measured = json.loads(RESULT.read_text(encoding="utf-8"))
    machine = measured["machine"]
    return HEAD.format(
        command=measured["command"],
        method=measured["method"],
        system=f"{machine['system']} {machine['processor']}",
        cores=machine["cores"],
        date=measured["date"],
        rows="".join(f"{_row(name, fault)}\n" for name, fault in measured["faults"].items()),
    )


def _row(name: str, fault: dict[str, Any]) -> str:
    cells = (
        f"{fault['title']} (`{name}`)",
        fault["effect"],
        fault["loss"],
        f"{fault['answered']} / {sum(fault['missing'].values())}{_failed(fault)}",
        f"{fault['due_scrapes']} / {fault['lost_scrapes']}",
        f"{fault['recover_seconds']:g} s",
        _count(fault),
    )
    return f"| {' | '.join(cells)} |"


def _failed(fault: dict[str, Any]) -> str:
    return f"; {fault['failed']} failed" if fault["failed"] else ""


def _count(fault: dict[str, Any]) -> str:
    metrics = [f"`{metric}` {value:g}" for metric, value in fault["counted"].items()]
    alerts = [f"alert [{alert}](../rules/{alert}.md)" for alert in [fault["alert"]] if alert]
    return ", ".join([*metrics, *alerts]) or ("gaps in `up`" if fault["lost_scrapes"] else "")
