"""The "App status" panel, evaluated by the real promtool: no fate of a target or of the collector empties it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from kubeglass.dashboards.overview.build import build
from kubeglass.dashboards.queries import panel_queries
from kubeglass.model.pipeline import Pipeline, Scrape

pytestmark = pytest.mark.engines

APP = 'up{job="shop", instance="a"}'
COLLECTOR = 'up{job="otel-collector", instance="c"}'
STATE = '{job="shop", instance="a"}'


def status_queries() -> list[str]:
    document = json.loads(JSONEncoder().encode(build(Pipeline(scrape=Scrape(interval=1.0)))))
    return [q.expr for q in panel_queries(document, scrape_interval=1.0) if q.panel_title == "App status"]


@pytest.mark.parametrize(
    ("app", "collector", "expected"),
    [
        pytest.param("1x120", "1x120", (1, 1), id="up"),
        pytest.param("1x60 0x60", "1x120", (0, 1), id="its scrapes fail"),
        pytest.param("1x60 stale _x60", "1x120", (0, 1), id="it vanished and was marked stale"),
        pytest.param("1x60 _x60", "1x60 0x60", (0, 0), id="the collector was killed and marked nothing"),
        pytest.param("1x114 _x6", "1x120", (1, 1), id="a few scrapes are late"),
        pytest.param("1x30 _x60 1x30", "1x120", (1, 1), id="it came back"),
    ],
)
def test_status_is_told(
    app: str, collector: str, expected: tuple[int, int], promtool_binary: Path, tmp_path: Path
) -> None:
    apps, collectors = status_queries()
    checks: list[dict[str, Any]] = [
        {"expr": apps, "eval_time": "2m", "exp_samples": [{"labels": STATE, "value": expected[0]}]},
        {
            "expr": collectors,
            "eval_time": "2m",
            "exp_samples": [{"labels": '{job="otel-collector"}', "value": expected[1]}],
        },
    ]
    series = [{"series": APP, "values": app}, {"series": COLLECTOR, "values": collector}]
    test = {"interval": "1s", "input_series": series, "promql_expr_test": checks}
    file = tmp_path / "status.json"
    file.write_text(json.dumps({"tests": [test]}))

    result = subprocess.run([promtool_binary, "test", "rules", str(file)], capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr
