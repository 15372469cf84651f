"""What every supervised process shares: the clock, the backoff, and where processes come from."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from kubeglass.supervise.process.readiness import ProbePolicy
from kubeglass.supervise.process.spec import Spawner


class Clock(Protocol):
    """A monotonic clock and the wall clock."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        ...

    def time(self) -> float:
        """Seconds since the Unix epoch."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays that double with every failure in a row, up to a cap, with some jitter.

    Args:
        first_seconds: delay after the first failure: short, as most deaths are accidents.
        factor: each further delay is this many times the one before.
        cap_seconds: no delay is longer, jitter included.
        jitter: largest share added at random, so that processes that die together do not restart together.
        okay_seconds: a process that lived this long counts as healthy: its next failure is a first one.
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


class Holds(Protocol):
    """Says which processes must not be started again yet."""

    def is_held(self, name: str) -> bool:
        """Whether ``name`` is to stay down once it has died."""
        ...


@dataclass(frozen=True, slots=True)
class SupervisorContext:
    """What every supervised process shares.

    Args:
        spawner: starts processes.
        clock: tells the time.
        backoff: delays between restarts.
        probes: how often a process is looked at.
        holds: which processes stay down.
    """

    spawner: Spawner
    clock: Clock
    holds: Holds
    backoff: Backoff = field(default_factory=Backoff)
    probes: ProbePolicy = field(default_factory=ProbePolicy)
