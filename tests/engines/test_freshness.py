"""What counts as scraped now, in the real promtool: samples that linger after a target is gone prove nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import cast

import pytest

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.verify.checks import DeployedPipeline, check_panels, check_targets
from kubeglass.model.load import parse_pipeline
from kubeglass.observe.prometheus import Prometheus, Sample
from tests.engines.promtool import series
from tests.unit.deploy.fake_cluster import FakeCluster

pytestmark = pytest.mark.engines

PIPELINE = parse_pipeline("apps: [{name: shop, module: 'shop:app', metrics_prefix: shop_}, {name: a, module: 'a:a'}]")


class NotedQueries:
    """A Prometheus without any data, which remembers what it was asked."""

    def __init__(self) -> None:
        self.exprs: list[str] = []

    def query(self, expr: str) -> list[Sample]:
        self.exprs.append(expr)
        return []

    def value(self, expr: str) -> None:
        self.exprs.append(expr)


def noted() -> list[str]:
    prometheus = NotedQueries()
    deployed = DeployedPipeline(cast(Cluster, FakeCluster()), PIPELINE, cast(Prometheus, prometheus))
    check_targets(deployed)
    check_panels(deployed)
    return prometheus.exprs


@pytest.mark.parametrize(("values", "shown"), [("1x120", 1), ("1x60 _x60", 0), ("0x120", 0)])
def test_a_target_counts_by_what_the_latest_scrapes_brought(
    promtool_binary: Path, tmp_path: Path, values: str, shown: int
) -> None:
    (query,) = (expr for expr in noted() if expr.startswith("up == 1"))

    expect(promtool_binary, tmp_path, series('up{job="a"}', values), f"count({query}) or vector(0)", shown)


@pytest.mark.parametrize("name", ['http_requests_total{job="a"}', 'shop_http_requests_total{job="shop"}'])
@pytest.mark.parametrize(("values", "shown"), [("7x120", 1), ("7x60 _x60", 0)])
def test_requests_to_an_app_that_is_gone_are_no_traffic(
    promtool_binary: Path, tmp_path: Path, name: str, values: str, shown: int
) -> None:
    query = next(expr for expr in noted() if expr.startswith("count((timestamp(http_requests_total"))

    expect(promtool_binary, tmp_path, series(name, values), f"{query} or vector(0)", shown)


def expect(promtool: Path, folder: Path, given: dict[str, str], expr: str, value: float) -> None:
    """Evaluate ``expr`` after two minutes; the series has a sample a second."""
    check = {"expr": expr, "eval_time": "2m", "exp_samples": [{"labels": "{}", "value": value}]}
    test = {"interval": "1s", "input_series": [given], "promql_expr_test": [check]}
    file = folder / "freshness.json"
    file.write_text(json.dumps({"tests": [test]}))

    result = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr
