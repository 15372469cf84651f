"""What each fault costs a local run, and how long it takes to recover: ``python benchmarks/local_faults.py [NAME…]``.

Target: no answered request is ever missing from the count. Faults that are not named keep their last result.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from faults.catalogue import FAULTS
from faults.fault import Fault, Outcome
from faults.measure import side_by_side
from rounds import RESULTS, machine

RESULT = RESULTS / "local_faults.json"


def measure_alone(fault: Fault) -> Outcome:
    """Strike one fault while no other run disturbs it."""
    with side_by_side([fault]) as outcomes:
        return outcomes[fault.name].result()


def describe(fault: Fault, outcome: Outcome) -> dict[str, Any]:
    """Write down what the fault is and what it cost."""
    figures = asdict(outcome)
    return {
        "title": fault.title,
        "effect": fault.effect,
        "loss": fault.loss,
        "alert": fault.alert,
        **figures,
        "recover_seconds": round(outcome.recover_seconds, 1),
    }


def write(measured: dict[str, dict[str, Any]]) -> None:
    """Write the results, each fault in its place."""
    before = json.loads(RESULT.read_text(encoding="utf-8"))["faults"] if RESULT.exists() else {}
    known = before | measured
    document = {
        "claim": "Whatever fails, no answered request is missing from the count.",
        "method": "kubeglass up --demo, scraped each second, with 25 customers' requests a second; the fault is struck, "
        "and once the latest value is there again the customers leave. Their account of answers is compared with "
        "Prometheus's count, route by route, after a scrape that has seen the last request.",
        "command": "python benchmarks/local_faults.py",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "faults": {fault.name: known[fault.name] for fault in FAULTS if fault.name in known},
    }
    RESULTS.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    chosen = [fault for fault in FAULTS if not sys.argv[1:] or fault.name in sys.argv[1:]]
    for each in chosen:
        result = measure_alone(each)
        print(f"{each.name}: {result}", flush=True)
        write({each.name: describe(each, result)})
