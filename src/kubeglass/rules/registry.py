"""Every rule group of a pipeline, and every alert by name."""

from __future__ import annotations

from kubeglass.model.pipeline import Pipeline
from kubeglass.rules import alerts, frameworks, objectives, red
from kubeglass.rules.rule import RuleGroup

#: Every alert; each has a page ``docs/rules/<name>.md``, and tests where it fires and where it must not.
ALERTS = (
    "TargetDown",
    "NoData",
    "ErrorRatioHigh",
    "LatencyHigh",
    "CollectorSilent",
    "CollectorQueueFilling",
    "CollectorLosesData",
    "CollectorOutOfMemory",
    "AvailabilityBudgetBurn",
    "LatencyBudgetBurn",
)


def rule_groups(pipeline: Pipeline) -> list[RuleGroup]:
    """Build every group for ``pipeline``, with alerts if they are enabled."""
    groups = [*frameworks.groups(pipeline), red.group(pipeline)]
    if pipeline.alerts.enabled:
        groups += alerts.groups(pipeline)
    return groups + objectives.groups(pipeline)
