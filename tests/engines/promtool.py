"""Prometheus's own rule tester: what is measured, which alerts fire, and what it says when they do not."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kubeglass.model.pipeline import Pipeline
from kubeglass.render.prometheus import rule_files
from kubeglass.rules.registry import ALERTS

TICKET, PAGE = "ticket", "page"

COLLECTOR = 'job="otel-collector", instance="127.0.0.1:8888"'
EXPORTER = COLLECTOR + ', exporter="otlp_http/prometheus"'


def series(name: str, values: str) -> dict[str, str]:
    """Write one series in promtool's notation."""
    return {"series": name, "values": values}


def counter(name: str, start: float, step: float, count: int) -> dict[str, str]:
    """Write a counter that grows by ``step`` each sample."""
    return series(name, f"{start:g}+{step:g}x{count}")


def up(value: int, job: str = "shop", count: int = 400) -> dict[str, str]:
    """Write ``up`` of one target."""
    return series(f'up{{job="{job}", instance="127.0.0.1:8000"}}', f"{value}x{count}")


def http(errors: float, late: float, count: int, total: float = 100.0, endpoint: str = "/") -> list[dict[str, str]]:
    """Write requests of shop: ``total`` each sample, of which so many fail and so many take 0.25 to 2.5 seconds."""
    return traffic([(total, errors, late, count)], endpoint)


def traffic(phases: Iterable[tuple[float, float, float, int]], endpoint: str = "/") -> list[dict[str, str]]:
    """Write requests of shop in phases of so many samples: total, errors and late ones each sample."""
    about = f'job="shop", endpoint={json.dumps(endpoint)}'
    duration = f'http_request_duration_seconds_bucket{{{about}, le="%s"}}'
    phases = list(phases)
    return [
        _climb(f'http_requests_total{{{about}, status="200"}}', [(a - b, n) for a, b, _, n in phases]),
        _climb(f'http_requests_total{{{about}, status="500"}}', [(b, n) for _, b, _, n in phases]),
        _climb(duration % "0.25", [(a - c, n) for a, _, c, n in phases]),
        _climb(duration % "2.5", [(a, n) for a, _, _, n in phases]),
        _climb(duration % "+Inf", [(a, n) for a, _, _, n in phases]),
    ]


def _climb(name: str, phases: list[tuple[float, int]]) -> dict[str, str]:
    """Grow by a step a sample, phase after phase; each phase has one sample more than its steps."""
    value, parts = 0.0, []
    for step, count in phases:
        parts.append(f"{value:.10g}+{step:.10g}x{count - 1}")
        value += step * count
    return series(name, " ".join(parts))


@dataclass(frozen=True)
class Scenario:
    """What is measured, and which alerts (with their severities) fire ``at`` a time.

    A run of hours has few samples, and its rules are evaluated seldom: each evaluation reads hours of them.
    """

    name: str
    series: tuple[dict[str, str], ...]
    at: str
    firing: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    interval: str = "15s"
    evaluated: str = "30s"


def expected(scenario: Scenario) -> list[dict[str, Any]]:
    """Ask once for each alert and severity, so that a failure names the alert."""
    return [
        {
            "expr": f'count(ALERTS{{alertname="{alert}", severity="{severity}", alertstate="firing"}})',
            "eval_time": scenario.at,
            "exp_samples": [{"labels": "{}", "value": 1}] if (alert, severity) in scenario.firing else [],
        }
        for alert in ALERTS
        for severity in (PAGE, TICKET)
    ]


def run(
    promtool: Path,
    folder: Path,
    pipeline: Pipeline,
    test: dict[str, Any],
    *,
    only: tuple[str, ...] = ("",),
    evaluated: str = "30s",
) -> subprocess.CompletedProcess[str]:
    """Run ``test`` on the rules of ``pipeline``, or on those whose files' names begin with one of ``only``."""
    for name, text in rule_files(pipeline).items():
        if name.startswith(only):
            (folder / name).write_text(text)
    document = {"rule_files": ["*.yml"], "evaluation_interval": evaluated, "tests": [test]}
    (folder / "test.json").write_text(json.dumps(document))
    command = [str(promtool), "test", "rules", "test.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=240)


def play(promtool: Path, folder: Path, pipeline: Pipeline, scenario: Scenario) -> None:
    """Run one scenario and fail with what promtool says."""
    test = {
        "interval": scenario.interval,
        "input_series": list(scenario.series),
        "promql_expr_test": expected(scenario),
    }
    answer = run(promtool, folder, pipeline, test, evaluated=scenario.evaluated)
    assert answer.returncode == 0, answer.stdout + answer.stderr
