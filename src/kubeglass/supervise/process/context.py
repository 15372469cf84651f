"""What supervised processes share: where they come from, the clock, the backoff, and how often they are probed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kubeglass.supervise.process.child import Spawner


@dataclass(frozen=True, slots=True)
class Backoff:
    """Restart delays: each failure in a row doubles the delay, up to a cap, plus some jitter.

    Args:
        first_seconds: delay after the first failure: short, as most failures are accidents.
        factor: growth per failure.
        cap_seconds: longest delay, jitter included.
        jitter: largest share added at random, so that processes that die together do not restart together.
        okay_seconds: a process that ran this long was healthy: its next failure counts as the first.
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
        # The exponent is bounded so that weeks of failures cannot overflow a float.
        grown = self.first_seconds * self.factor ** min(failures - 1, 64)
        return min(grown * (1.0 + self.jitter * self.random()), self.cap_seconds)

    def count_failures(self, before: int, lived_seconds: float) -> int:
        """Count failures in a row, this one included, given how long the process ran."""
        return 1 if lived_seconds >= self.okay_seconds else before + 1


@dataclass(frozen=True, slots=True)
class SupervisorContext:
    """What every supervised process shares.

    Args:
        spawner: starts processes.
        is_held: whether the process of this name must stay down once it has died.
        clock: returns seconds on a monotonic clock.
        backoff: delays between restarts.
        starting_probe_seconds: time between probes of a process that starts: short, people wait for it.
        running_probe_seconds: time between probes of a running process.
        probe_failures: failed probes in a row after which a running process is recycled.
    """

    spawner: Spawner
    is_held: Callable[[str], bool]
    clock: Callable[[], float] = time.monotonic
    backoff: Backoff = field(default_factory=Backoff)
    starting_probe_seconds: float = 0.05
    running_probe_seconds: float = 2.0
    probe_failures: int = 3
