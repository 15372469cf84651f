"""How much memory collector, Prometheus and page server take together after ten minutes of the demo.

Target: at most 350 MiB. ``KUBEGLASS_BENCH_MINUTES`` shortens it for trying.
"""

from __future__ import annotations

import os
import time

from demo import demo, read_status
from rounds import summarize, write_result

MINUTES = float(os.environ.get("KUBEGLASS_BENCH_MINUTES", "10"))
SAMPLES = 12
PARTS = ("otelcol", "prometheus", "viewer")
MIB = 2**20

if __name__ == "__main__":
    with demo() as folder:
        # The last minute is looked at, as memory goes up and down with garbage collection.
        time.sleep(max(MINUTES * 60 - 60, 0))
        taken: dict[str, list[float]] = {part: [] for part in (*PARTS, "together")}
        for _ in range(SAMPLES):
            memory = {engine["name"]: engine["memory_bytes"] / MIB for engine in read_status(folder)["engines"]}
            for part in PARTS:
                taken[part].append(memory[part])
            taken["together"].append(sum(memory[part] for part in PARTS))
            time.sleep(min(MINUTES, 1.0) * 60 / SAMPLES)
    figures = {part: summarize(values, "MiB resident") for part, values in taken.items()}
    write_result(
        "local_memory",
        claim="Collector, Prometheus and page server together: at most 350 MiB resident after 10 minutes of the demo.",
        method=f"kubeglass up --demo --detach for {MINUTES:g} minutes; in the last one {SAMPLES} readings of kubeglass "
        "status --json; resident memory of each process and its children. No browser looks at the page.",
        figures=figures,
        derived={"highest_together_mib": max(taken["together"]), "share_of_target": max(taken["together"]) / 350.0},
    )
