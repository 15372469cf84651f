"""How long to wait before a process that died is started again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays that double with every failure in a row, up to a cap, a little scattered.

    Args:
        first_seconds: delay after the first failure: short, as most deaths are accidents.
        factor: each further delay is this many times the one before.
        cap_seconds: no delay is longer, jitter included.
        jitter: largest share added at random, so that processes felled together do not return together.
        okay_seconds: a process that lived this long counts as well again: its next failure is a first one.
        random: returns numbers in [0, 1); replaced in tests.
    """

    first_seconds: float = 0.1
    factor: float = 2.0
    cap_seconds: float = 30.0
    jitter: float = 0.1
    okay_seconds: float = 10.0
    random: Callable[[], float] = random.random

    def delay(self, failures: int) -> float:
        """Compute the delay in seconds after ``failures`` failures in a row (at least 1)."""
        # The exponent is bounded so that weeks of failing cannot overflow a float.
        grown = self.first_seconds * self.factor ** min(failures - 1, 64)
        return min(grown * (1.0 + self.jitter * self.random()), self.cap_seconds)

    def count_failures(self, before: int, lived_seconds: float) -> int:
        """Count failures in a row, this one included, given how long the process lived."""
        return 1 if lived_seconds >= self.okay_seconds else before + 1
