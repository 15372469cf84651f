"""A check passes only on what it sees now."""

from __future__ import annotations

from typing import cast

from kubeglass.deploy.verify.checks import DeployedPipeline, check_panels
from kubeglass.model.load import parse_pipeline
from kubeglass.observe.prometheus import Prometheus, Sample
from tests.unit.deploy.fake_cluster import FakeCluster

PREFIXED = parse_pipeline("apps: [{name: shop, module: 'shop:app', metrics_prefix: acme_}]")


class Used:
    """A Prometheus with requests under the app's prefix, and no panel that shows them."""

    def query(self, expr: str) -> list[Sample]:
        return [] if "http_request" in expr else [Sample({}, 1.0)]

    def value(self, expr: str) -> float | None:
        return 1.0 if "acme_http_requests_total" in expr else None


def test_an_app_with_a_prefix_that_was_used_must_show_its_traffic() -> None:
    deployed = DeployedPipeline(FakeCluster(), PREFIXED, cast(Prometheus, Used()))

    result = check_panels(deployed)

    assert not result.holds
    assert "acme_http_request" in result.detail
