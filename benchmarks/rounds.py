"""Measuring candidates against each other: interleaved rounds, medians, results with machine and method.

A shared machine slows down and speeds up by itself. Taking turns in short rounds lets every candidate meet the same
weather, and the median of the rounds forgets the storms; a ratio within one run then means something on any machine.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one candidate took.

    Args:
        median: the median of its rounds, in ``unit``.
        low: the lower quartile.
        high: the upper quartile.
        unit: of the values, such as ``µs per request``.
    """

    median: float
    low: float
    high: float
    unit: str


def measure(candidates: Mapping[str, Callable[[], float]], *, rounds: int, unit: str) -> dict[str, Measurement]:
    """Run every candidate once a round, in turn.

    Args:
        candidates: name to a function that runs one round and returns what it took, in ``unit``.
        rounds: how many rounds count; one more, before them, warms up.
        unit: of what the functions return.
    """
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(rounds + 1):
        names = list(candidates)
        # Another order each round: nobody always follows the one that leaves the most garbage.
        for name in names[number % len(names) :] + names[: number % len(names)]:
            value = candidates[name]()
            if number:
                taken[name].append(value)
    return {name: summarize(values, unit) for name, values in taken.items()}


def summarize(values: list[float], unit: str) -> Measurement:
    """Return median and quartiles."""
    low, median, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    return Measurement(median, low, high, unit)


def machine() -> dict[str, object]:
    """Describe the machine without naming it."""
    return {
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def write_result(
    name: str, *, claim: str, method: str, figures: Mapping[str, Measurement], derived: Mapping[str, float]
) -> None:
    """Write ``results/<name>.json`` and print the figures.

    Args:
        name: the benchmark's file name without ``.py``.
        claim: what it is to show, and the target.
        method: how it was measured.
        figures: candidate to measurement.
        derived: ratios and differences, by what they mean.
    """
    document = {
        "claim": claim,
        "method": method,
        "command": f"python benchmarks/{name}.py",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "figures": {key: {k: _short(v) for k, v in asdict(value).items()} for key, value in figures.items()},
        "derived": {key: _short(value) for key, value in derived.items()},
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(document, indent=2, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def _short(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value
