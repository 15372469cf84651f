"""How busy the shop is: a day of five minutes, with the unrest of real customers."""

from __future__ import annotations

import math
import random

#: Seconds of a "day": short, so that its rise and fall show in a dashboard's last quarter of an hour.
DAY = 300.0
#: How far the busiest hour is above the mean, as a share of it.
SWING = 0.55
#: The most a passing wave of interest adds or takes, as a share of the mean.
UNREST = 0.25


class Load:
    """The rate of requests over time.

    Args:
        mean: mean requests a second.
        rng: source of the unrest.
    """

    def __init__(self, mean: float, rng: random.Random) -> None:
        self._mean = mean
        self._rng = rng
        self._unrest = 0.0

    def rate_at(self, seconds: float) -> float:
        """Return requests a second, ``seconds`` after the start; always above zero."""
        day = 1 + SWING * math.sin(2 * math.pi * seconds / DAY)
        # A slow random walk that is drawn back to zero: interest comes and goes over some hundred requests.
        self._unrest = max(-UNREST, min(UNREST, 0.995 * self._unrest + self._rng.gauss(0, 0.02)))
        return self._mean * (day + self._unrest)

    def next_gap(self, seconds: float) -> float:
        """Draw the seconds until the next request; independent customers make it exponential."""
        return self._rng.expovariate(self.rate_at(seconds))
