"""How far back a query looks: long enough for the scrape interval, short enough to follow what happens."""

from __future__ import annotations

from dataclasses import dataclass

from kubeglass.model.pipeline import INTERVALS_PER_WINDOW, Scrape
from kubeglass.model.quantity import format_duration

RECENT_SECONDS = 60.0
SMOOTH_SECONDS = 300.0
FRESH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Windows:
    """Ranges as PromQL writes them, each at least four scrape intervals.

    Args:
        recent: what happens now; one minute where the interval allows.
        smooth: the same without the noise; five minutes where the interval allows.
        fresh: a target whose last sample is older is not being watched any more.
    """

    recent: str
    smooth: str
    fresh: str


def choose_windows(scrape: Scrape) -> Windows:
    """Choose the windows for a scrape interval."""

    def at_least(seconds: float) -> str:
        return format_duration(max(seconds, scrape.shortest_window))

    return Windows(at_least(RECENT_SECONDS), at_least(SMOOTH_SECONDS), at_least(FRESH_SECONDS))


def choose_window(interval: float) -> str:
    """Choose the window of a rate over what is read every ``interval`` seconds; one minute where that allows."""
    return format_duration(max(RECENT_SECONDS, INTERVALS_PER_WINDOW * interval))
