"""Recording and alerting rules as values, before they become Prometheus's YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: Where a rule's page is read; each alert has one.
PAGES_URL = "https://github.com/kubeglass/kubeglass/blob/main/docs/rules"


class Severity(StrEnum):
    """What an alert asks for: somebody now, somebody this week, or nobody unless they look."""

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
    """A condition somebody is told about.

    Args:
        alert: its name, CamelCase; the page is ``docs/rules/<alert>.md``.
        expr: the query; every series it returns is an alert.
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
    def runbook_url(self) -> str:
        """Address of the page that says what to do."""
        return f"{PAGES_URL}/{self.alert}.md"


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
