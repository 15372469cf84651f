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

#: Set to a small number to see whether a benchmark still runs: it prints its figures and records nothing.
TRIAL_VARIABLE = "KUBEGLASS_BENCH_ROUNDS"


def count_rounds(full: int) -> int:
    """Return how many rounds to measure: ``full``, or fewer in a trial."""
    return min(full, int(os.environ.get(TRIAL_VARIABLE, full)))


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one candidate took.

    Args:
        median: the median of its rounds, in ``unit``.
        low: the lower quartile.
        high: the upper quartile.
        unit: of the values, such as ``µs per request``.
        most: the largest round, for what must never be large, such as a wait.
    """

    median: float
    low: float
    high: float
    unit: str
    most: float | None = None


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


def judge(ratio: float, target: float) -> str:
    """Say whether a ratio reaches its target, with the figure, for a claim that is as true as its last run."""
    return f"target {'met' if ratio >= target else 'missed'} ({ratio:.3g} times)"


def summarize(values: list[float], unit: str) -> Measurement:
    """Return median and quartiles."""
    low, median, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    return Measurement(median, low, high, unit, max(values))


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
    """Write ``results/<name>.json`` and print the figures; in a trial only print them.

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
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if TRIAL_VARIABLE not in os.environ:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def _short(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value
