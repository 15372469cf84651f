"""Recording and alerting rules as values, and the windows that follow from the scrape interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kubeglass.model.duration import MINUTE
from kubeglass.model.pipeline import Pipeline


class Severity(StrEnum):
    """How soon somebody must act: now, or this week."""

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
    """An alert: a condition, and its message.

    Args:
        alert: its name in CamelCase, also of its page.
        expr: the query; each series it returns is one alert.
        severity: how urgent it is.
        summary: what is wrong, in one sentence with label templates.
        description: how much, against which threshold, and what it means for users.
        hold: seconds that the condition must last.
        labels: further labels of the alert.
    """

    alert: str
    expr: str
    severity: Severity
    summary: str
    description: str
    hold: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def runbook(self) -> str:
        """Page of kubeglass's documentation that says what to do."""
        return f"docs/rules/{self.alert}.md"


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules that are evaluated in order, so that one may use what an earlier one recorded.

    Args:
        name: name of the group and of its file.
        interval: seconds between two evaluations.
        rules: in order of evaluation.
    """

    name: str
    interval: float
    rules: tuple[RecordingRule | AlertingRule, ...]


def evaluation_interval(pipeline: Pipeline) -> float:
    """Seconds between two evaluations: at least 5, because an evaluation costs more than a scrape."""
    return max(5.0, pipeline.scrape.interval)


def silence(pipeline: Pipeline) -> float:
    """Seconds after which data counts as missing: at least five minutes, Prometheus's staleness."""
    return max(5 * MINUTE, pipeline.scrape.shortest_window)
