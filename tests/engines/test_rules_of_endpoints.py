"""Objectives of one endpoint: its own requests count and no other's, and its name stays its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubeglass.model.load import parse_pipeline
from tests.engines.promtool import http, run, up

pytestmark = pytest.mark.engines

#: A route, and one that PromQL and Prometheus's templates would both take for something else.
ENDPOINTS = ("/items/<int:id>", '/q/{{ $labels.job }}/"a\\b"')


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("failing", [True, False])
def test_a_budget_of_one_endpoint(promtool_binary: Path, tmp_path: Path, endpoint: str, failing: bool) -> None:
    pipeline = parse_pipeline(f"""
apps: [{{name: shop, module: "shop:app"}}]
scrape: {{interval: 15s}}
objectives: [{{app: shop, endpoint: {json.dumps(endpoint)}, availability: 99.9%}}]
""")
    own, other = http(2, 0, 100, endpoint=endpoint), http(2, 0, 100, endpoint="/other")
    quiet = http(0, 0, 100, endpoint=endpoint)
    alert = {
        "exp_labels": {"job": "shop", "endpoint": endpoint, "severity": "page"},
        "exp_annotations": {
            "summary": f"shop {endpoint} is burning its error budget fast enough to use it up within days",
            "description": ("2% of its requests end with a server error; the objective is 99.9% over 30d."),
            "runbook": "docs/rules/AvailabilityBudgetBurn.md",
        },
    }
    test = {
        "interval": "15s",
        "input_series": [up(1), up(1, "otel-collector"), *(own if failing else quiet), *other],
        "alert_rule_test": [
            {
                "eval_time": "20m",
                "alertname": "AvailabilityBudgetBurn",
                "exp_alerts": [alert, ticket(alert)] if failing else [],
            }
        ],
    }

    answer = run(promtool_binary, tmp_path, pipeline, test)

    assert answer.returncode == 0, answer.stdout + answer.stderr


def ticket(page: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    summary = page["exp_annotations"]["summary"].replace(
        "fast enough to use it up within days", "faster than the period allows"
    )
    return {
        "exp_labels": page["exp_labels"] | {"severity": "ticket"},
        "exp_annotations": page["exp_annotations"] | {"summary": summary},
    }
