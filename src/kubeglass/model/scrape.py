"""The ``scrape`` section: how often targets are read."""

from __future__ import annotations

from pydantic import Field

from kubeglass.model.quantity import Duration
from kubeglass.model.section import Section

#: A rate needs two samples; four intervals keep it alive when one scrape is late and one fails.
INTERVALS_PER_WINDOW = 4


class Scrape(Section):
    """How often targets are read."""

    interval: Duration = Field(default=5.0, ge=0.1, le=3600.0, description="Time between two scrapes of one target.")
    timeout: Duration | None = Field(
        default=None,
        ge=0.1,
        le=3600.0,
        description="Longest time one scrape may take; empty means the interval, at most 10s.",
    )

    @property
    def longest(self) -> float:
        """Seconds one scrape may take; Prometheus's own default limit is 10 s."""
        return self.timeout if self.timeout is not None else min(self.interval, 10.0)

    @property
    def shortest_window(self) -> float:
        """Seconds that a rate's window must cover at least to be sure of two samples."""
        return INTERVALS_PER_WINDOW * self.interval
