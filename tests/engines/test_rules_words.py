"""What people read when an alert fires: every annotation and label, filled in by the real Prometheus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubeglass.rules.registry import ALERTS
from tests.engines.promtool import PAGE, TICKET, run
from tests.engines.test_rules import PIPELINE, SCENARIOS

pytestmark = pytest.mark.engines

APP = {"job": "shop"}
TARGET = {**APP, "instance": "127.0.0.1:8000"}
COLLECTOR = {"job": "otel-collector", "instance": "127.0.0.1:8888"}
EXPORTER = {**COLLECTOR, "exporter": "otlp_http/prometheus"}
FAST = "shop is burning its error budget fast enough to use it up within days"
SLOWLY = "shop is burning its error budget faster than the period allows"

#: Alert, scenario of test_rules, labels without the severity, and for each severity summary and description.
WORDS: tuple[tuple[str, str, dict[str, str], dict[str, tuple[str, str]]], ...] = (
    (
        "TargetDown",
        "down for two minutes",
        TARGET,
        {
            PAGE: (
                "shop at 127.0.0.1:8000 is down",
                "No scrape of it succeeded for 1m: it does not run, does not listen, or its metrics cannot be read.",
            )
        },
    ),
    (
        "NoData",
        "the app unknown",
        APP,
        {
            PAGE: (
                "No data from shop",
                "For 5m no scrape of it was stored, successful or failed: "
                "the collector does not run, does not find it, or cannot deliver.",
            )
        },
    ),
    (
        "ErrorRatioHigh",
        "every tenth request fails for twenty minutes",
        APP,
        {
            PAGE: (
                "shop answers 10% of its requests with a server error",
                "More than 5% of the requests of 5m ended with status 500 or above.",
            )
        },
    ),
    (
        "LatencyHigh",
        "every fifth request is late",
        APP,
        {
            TICKET: (
                "One in a hundred requests of shop takes 2.388s or longer",
                "The 99th percentile of the duration over 5m is above 1s.",
            )
        },
    ),
    (
        "CollectorSilent",
        "the collector unknown",
        {"job": "otel-collector"},
        {
            PAGE: (
                "Prometheus finds no collector",
                "For 5m there was no collector to scrape, so no app's metrics arrive either.",
            )
        },
    ),
    (
        "CollectorQueueFilling",
        "the queue filling",
        EXPORTER,
        {
            PAGE: (
                "The queue of otlp_http/prometheus is 80% full",
                "What the collector at 127.0.0.1:8888 sends is not accepted, or more slowly than it comes. "
                "Nothing is lost yet; when the queue is full, new data is.",
            )
        },
    ),
    (
        "CollectorLosesData",
        "the first data lost since the collector began",
        EXPORTER,
        {
            PAGE: (
                "The collector dropped 50 data points for otlp_http/prometheus",
                "Within 5m, or while Prometheus was away, at 127.0.0.1:8888: "
                "the queue is full, its disk cannot be written, or the storage refused the data for good.",
            )
        },
    ),
    (
        "CollectorOutOfMemory",
        "scrapes refused for lack of memory",
        COLLECTOR,
        {
            TICKET: (
                "The collector at 127.0.0.1:8888 refuses data to stay within its memory",
                "100 data points within 5m; counters catch up, gauges have gaps.",
            )
        },
    ),
    (
        "AvailabilityBudgetBurn",
        "every tenth request fails for twenty minutes",
        APP,
        dict.fromkeys(
            (PAGE, TICKET),
            ("", "10% of its requests end with a server error; the objective is 99.9% over 30d."),
        ),
    ),
    (
        "LatencyBudgetBurn",
        "every fifth request is late",
        APP,
        dict.fromkeys(
            (PAGE, TICKET),
            ("", "20% of its requests take longer than 250ms; the objective is 99% over 30d."),
        ),
    ),
)


@pytest.mark.parametrize(("alert", "name", "labels", "words"), WORDS, ids=[row[0] for row in WORDS])
def test_words_are_filled_in(
    promtool_binary: Path,
    tmp_path: Path,
    alert: str,
    name: str,
    labels: dict[str, str],
    words: dict[str, tuple[str, str]],
) -> None:
    (scenario,) = [each for each in SCENARIOS if each.name == name]
    expected: list[dict[str, Any]] = [
        {
            "exp_labels": {**labels, "severity": severity},
            "exp_annotations": {
                "summary": summary or {PAGE: FAST, TICKET: SLOWLY}[severity],
                "description": description,
                "runbook": f"docs/rules/{alert}.md",
            },
        }
        for severity, (summary, description) in words.items()
    ]
    test = {
        "interval": scenario.interval,
        "input_series": list(scenario.series),
        "alert_rule_test": [{"eval_time": scenario.at, "alertname": alert, "exp_alerts": expected}],
    }

    answer = run(promtool_binary, tmp_path, PIPELINE, test)

    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_words_of_every_alert_are_looked_at() -> None:
    assert [row[0] for row in WORDS] == list(ALERTS)
