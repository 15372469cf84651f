"""Rules in the real Prometheus's own rule tester: each alert fires in the trouble it is for, and only then."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kubeglass.model.load import parse_pipeline
from kubeglass.render.prometheus.rules import rule_files
from kubeglass.rules.registry import ALERTS

pytestmark = pytest.mark.engines

PIPELINE = parse_pipeline("""
apps:
  - {name: shop, module: "shop:app"}
scrape: {interval: 15s}
objectives:
  - {app: shop, availability: 99.9%, latency: {threshold: 250ms, target: 99%}}
""")


def counter(name: str, start: float, step: float, count: int) -> dict[str, str]:
    """Write a counter that grows by ``step`` each sample."""
    return {"series": name, "values": f"{start:g}+{step:g}x{count}"}


def http(errors: float, late: float, count: int, total: float = 100.0) -> list[dict[str, str]]:
    """Write requests of shop: ``total`` each sample, of which so many fail and so many take 0.25 to 2.5 seconds."""
    duration = 'http_request_duration_seconds_bucket{job="shop", endpoint="/", le="%s"}'
    return [
        counter('http_requests_total{job="shop", endpoint="/", status="200"}', 0, total - errors, count),
        counter('http_requests_total{job="shop", endpoint="/", status="500"}', 0, errors, count),
        counter(duration % "0.25", 0, total - late, count),
        counter(duration % "2.5", 0, total, count),
        counter(duration % "+Inf", 0, total, count),
    ]


def up(value: int, job: str = "shop", count: int = 400) -> dict[str, str]:
    return {"series": f'up{{job="{job}", instance="127.0.0.1:8000"}}', "values": f"{value}x{count}"}


COLLECTOR = 'job="otel-collector", instance="127.0.0.1:8888"'
EXPORTER = COLLECTOR + ', exporter="otlp_http/prometheus"'
CAPACITY = {"series": f"otelcol_exporter_queue_capacity{{{EXPORTER}}}", "values": "10000x400"}
HEALTHY = (up(1), up(1, "otel-collector"))


def queue(size: str) -> dict[str, str]:
    return {"series": f"otelcol_exporter_queue_size{{{EXPORTER}}}", "values": size}


@dataclass(frozen=True)
class Scenario:
    """What is measured, and which alerts (with their severities) fire ``at`` a time."""

    name: str
    series: tuple[dict[str, str], ...]
    at: str
    firing: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    interval: str = "15s"


DOWN, TICKET, PAGE = "TargetDown", "ticket", "page"
HOURS = 8 * 30  # samples, one in two minutes
SCENARIOS = (
    Scenario("all is well", (*HEALTHY, *http(0, 0, 400), CAPACITY, queue("0x400")), "60m"),
    Scenario("down for half a minute", (up(0, count=2), up(1, "otel-collector")), "30s"),
    Scenario("down for two minutes", (up(0), up(1, "otel-collector")), "2m", frozenset({(DOWN, PAGE)})),
    Scenario("the collector down", (up(1), up(0, "otel-collector")), "2m", frozenset({(DOWN, PAGE)})),
    Scenario("the app unknown", (up(1, "otel-collector"),), "6m", frozenset({("NoData", PAGE)})),
    Scenario("a gap of four minutes", (up(1, count=4), up(1, "otel-collector")), "5m"),
    Scenario("the collector unknown", (up(1),), "6m", frozenset({("CollectorSilent", PAGE)})),
    Scenario("errors below the threshold", (*HEALTHY, *http(0.05, 0, 400)), "30m"),
    Scenario("no requests at all", (*HEALTHY, *http(0, 0, 400, total=0)), "60m"),
    Scenario(
        "every tenth request fails for twenty minutes",
        (*HEALTHY, *http(10, 0, 400)),
        "20m",
        frozenset({("ErrorRatioHigh", PAGE), ("AvailabilityBudgetBurn", PAGE), ("AvailabilityBudgetBurn", TICKET)}),
    ),
    Scenario(
        "every fifth request is late",
        (*HEALTHY, *http(0, 20, 400)),
        "20m",
        frozenset({("LatencyHigh", TICKET), ("LatencyBudgetBurn", PAGE), ("LatencyBudgetBurn", TICKET)}),
    ),
    Scenario(
        "0.2 % fail for eight hours: too little for a page, too much for the month",
        (up(1, count=HOURS), up(1, "otel-collector", HOURS), *http(0.2, 0, HOURS)),
        "8h",
        frozenset({("AvailabilityBudgetBurn", TICKET)}),
        interval="2m",
    ),
    Scenario("the queue one third full", (*HEALTHY, CAPACITY, queue("3300x400")), "10m"),
    Scenario("the queue full for a moment", (*HEALTHY, CAPACITY, queue("9000x2 0x400")), "3m"),
    Scenario(
        "the queue filling",
        (*HEALTHY, CAPACITY, queue("0+200x50")),
        "10m",
        frozenset({("CollectorQueueFilling", PAGE)}),
    ),
    Scenario(
        "the first data lost since the collector began",
        (
            *HEALTHY,
            {"series": f"otelcol_exporter_enqueue_failed_metric_points{{{EXPORTER}}}", "values": "_x20 50x400"},
        ),
        "6m",
        frozenset({("CollectorLosesData", PAGE)}),
    ),
    Scenario(
        "data refused by the storage",
        (*HEALTHY, counter(f"otelcol_exporter_send_failed_metric_points_total{{{EXPORTER}}}", 0, 5, 400)),
        "10m",
        frozenset({("CollectorLosesData", PAGE)}),
    ),
    Scenario(
        "data lost an hour ago",
        (
            *HEALTHY,
            {"series": f"otelcol_exporter_send_failed_metric_points{{{EXPORTER}}}", "values": "0x10 50x400"},
        ),
        "60m",
    ),
    Scenario(
        "scrapes refused for lack of memory",
        (
            *HEALTHY,
            counter(f"otelcol_processor_memory_limiter_refused_metric_points{{{COLLECTOR}}}", 0, 5, 400),
        ),
        "10m",
        frozenset({("CollectorOutOfMemory", TICKET)}),
    ),
)


def expected(scenario: Scenario) -> list[dict[str, Any]]:
    """Ask once for each alert and severity, so that a failure names the alert."""
    samples = {
        (alert, severity): [{"labels": "{}", "value": 1}] if (alert, severity) in scenario.firing else []
        for alert in ALERTS
        for severity in (PAGE, TICKET)
    }
    return [
        {
            "expr": f'count(ALERTS{{alertname="{alert}", severity="{severity}", alertstate="firing"}})',
            "eval_time": scenario.at,
            "exp_samples": wanted,
        }
        for (alert, severity), wanted in samples.items()
    ]


def run(promtool: Path, folder: Path, test: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    for name, text in rule_files(PIPELINE).items():
        (folder / name).write_text(text)
    document = {"rule_files": ["*.yml"], "evaluation_interval": "30s", "tests": [test]}
    (folder / "test.json").write_text(json.dumps(document))
    command = [str(promtool), "test", "rules", "test.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_alerts_fire_when_they_should_and_only_then(promtool_binary: Path, tmp_path: Path, scenario: Scenario) -> None:
    test = {
        "interval": scenario.interval,
        "input_series": list(scenario.series),
        "promql_expr_test": expected(scenario),
    }

    answer = run(promtool_binary, tmp_path, test)

    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_alert_fires_in_some_scenario() -> None:
    assert {alert for scenario in SCENARIOS for alert, _ in scenario.firing} == set(ALERTS)


def test_words_are_filled_in(promtool_binary: Path, tmp_path: Path) -> None:
    alert = {
        "exp_labels": {"job": "shop", "instance": "127.0.0.1:8000", "severity": "page"},
        "exp_annotations": {
            "summary": "shop at 127.0.0.1:8000 is down",
            "description": (
                "No scrape of it succeeded for 1m: it does not run, does not listen, or its metrics cannot be read."
            ),
            "runbook_url": "https://github.com/kubeglass/kubeglass/blob/main/docs/rules/TargetDown.md",
        },
    }
    test = {
        "interval": "15s",
        "input_series": [up(0)],
        "alert_rule_test": [{"eval_time": "2m", "alertname": "TargetDown", "exp_alerts": [alert]}],
    }

    answer = run(promtool_binary, tmp_path, test)

    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_recordings_are_the_rates_they_are_named_for(promtool_binary: Path, tmp_path: Path) -> None:
    """100 requests every 15 s, 10 of them failing, 20 between 0.25 and 2.5 s."""
    values = {
        "job_endpoint:http_requests:rate5m": 100 / 15,
        "job:http_requests_errors:ratio_rate5m": 0.1,
        "job:http_requests_errors:ratio_avg1h": 0.1,
        "job:http_request_duration_seconds:p50_rate5m": 0.25 * 50 / 80,
        "job:http_request_duration_seconds:p95_rate5m": 0.25 + 2.25 * 15 / 20,
    }
    test = {
        "interval": "15s",
        "input_series": http(10, 20, 400),
        "promql_expr_test": [
            {
                "expr": f"round(sum({name}), 0.000001)",
                "eval_time": "90m",
                "exp_samples": [{"labels": "{}", "value": round(value, 6)}],
            }
            for name, value in values.items()
        ],
    }

    answer = run(promtool_binary, tmp_path, test)

    assert answer.returncode == 0, answer.stdout + answer.stderr
