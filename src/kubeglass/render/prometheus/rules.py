"""Rule files: one a group, in Prometheus's own format."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from kubeglass.model.duration import format_duration
from kubeglass.model.local import LocalSettings
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.files import RenderedFile
from kubeglass.render.yaml import dump_yaml
from kubeglass.rules.registry import rule_groups
from kubeglass.rules.rule import AlertingRule, RecordingRule, RuleGroup

FOLDER = PurePosixPath("prometheus/rules")


def render(pipeline: Pipeline, settings: LocalSettings) -> list[RenderedFile]:
    """Write every group to ``prometheus/rules/<group>.yml``; the same for laptop and cluster."""
    del settings  # rules say the same wherever they run
    return [RenderedFile(FOLDER / name, text) for name, text in rule_files(pipeline).items()]


def rule_files(pipeline: Pipeline) -> dict[str, str]:
    """Write every group, by file name, for whoever embeds them elsewhere (a ConfigMap)."""
    return {f"{group.name}.yml": dump_yaml({"groups": [_group(group)]}) for group in rule_groups(pipeline)}


def _group(group: RuleGroup) -> dict[str, Any]:
    rules = [_alert(rule) if isinstance(rule, AlertingRule) else _recording(rule) for rule in group.rules]
    return {"name": group.name, "interval": format_duration(group.interval), "rules": rules}


def _recording(rule: RecordingRule) -> dict[str, Any]:
    return {"record": rule.record, "expr": rule.expr}


def _alert(rule: AlertingRule) -> dict[str, Any]:
    return {
        "alert": rule.alert,
        "expr": rule.expr,
        **({"for": format_duration(rule.hold)} if rule.hold else {}),
        "labels": {"severity": rule.severity.value, **rule.labels},
        "annotations": {
            "summary": rule.summary,
            "description": rule.description,
            "runbook": rule.runbook,
        },
    }
