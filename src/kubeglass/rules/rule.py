"""Recording and alerting rules as values, and the windows that follow from the scrape interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kubeglass.model.duration import format_duration
from kubeglass.model.pipeline import Pipeline


class Severity(StrEnum):
    """Who an alert needs: somebody now, or somebody this week."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """A query evaluated ahead of time.

    Args:
        record: the new series' name, ``level:metric:operations``
            (https://prometheus.io/docs/practices/rules/#naming).
        expr: the query.
    """

    record: str
    expr: str


@dataclass(frozen=True, slots=True)
class AlertingRule:
    """An alert: a condition, and what it tells.

    Args:
        alert: its name, CamelCase; the page is ``docs/rules/<alert>.md``.
        expr: the query; each series it returns is one alert.
        hold: seconds it must last.
        severity: what it asks for.
        summary: one sentence that says what is wrong, with label templates.
        description: how much, against which threshold, and what it means for users.
        labels: further labels of the alert.
    """

    alert: str
    expr: str
    hold: float
    severity: Severity
    summary: str
    description: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def runbook(self) -> str:
        """Page of kubeglass's documentation that says what to do."""
        return f"docs/rules/{self.alert}.md"


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules that are evaluated together, one after the other, so that a later one may use what an earlier recorded.

    Args:
        name: the group's name, and its file's.
        interval: seconds between two evaluations.
        rules: in order of evaluation.
    """

    name: str
    interval: float
    rules: tuple[RecordingRule | AlertingRule, ...]


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
