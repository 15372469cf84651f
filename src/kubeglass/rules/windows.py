"""Periods that rules look back, and how often they are evaluated; all follow from the scrape interval."""

from __future__ import annotations

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.quantity import format_duration

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0


def evaluation_interval(pipeline: Pipeline) -> float:
    """Seconds between two evaluations of ordinary rules.

    Never faster than every 5 s: the demo scrapes every second, and evaluating as often would cost more than scraping.
    """
    return max(5.0, pipeline.scrape.interval)


def base_window(pipeline: Pipeline) -> float:
    """Seconds that every recorded rate covers: five minutes, or what four scrapes take."""
    return pipeline.alert_window


def base_suffix(pipeline: Pipeline) -> str:
    """Name the window that every recorded rate covers, as its name ends: ``rate5m``."""
    return f"rate{format_duration(base_window(pipeline))}"


def silence(pipeline: Pipeline) -> float:
    """Seconds without a sample after which data counts as missing: Prometheus's staleness of five minutes, or more."""
    return max(5 * MINUTE, pipeline.scrape.shortest_window)
