"""A check passes only on what it sees now."""

from __future__ import annotations

from typing import cast

from kubeglass.deploy.verify.checks import DeployedPipeline, check_panels, check_targets
from kubeglass.model.load import parse_pipeline
from kubeglass.observe.prometheus import Prometheus, Sample
from tests.unit.deploy.fake_cluster import FakeCluster, make_pod

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


class Renamed:
    """A Prometheus whose every query has data, among it requests under the library's own prefix."""

    def query(self, expr: str) -> list[Sample]:
        return [Sample({"job": "shop"}, 1.0)]

    def value(self, expr: str) -> float | None:
        return 1.0


def test_an_app_whose_metrics_were_renamed_is_named_with_what_to_set() -> None:
    plain = parse_pipeline("apps: [{name: shop, module: 'shop:app'}]")
    prometheus = cast(Prometheus, Renamed())

    result = check_panels(DeployedPipeline(FakeCluster(), plain, prometheus))

    assert not result.holds
    assert "shop has metrics named like kubeglass's" in result.detail
    assert "set 'metrics_prefix: kubeglass_'" in result.detail
    assert check_panels(DeployedPipeline(FakeCluster(), PREFIXED, prometheus)).holds


class Scraped:
    """A Prometheus whose only target that is up is a pod's port 8000."""

    def query(self, expr: str) -> list[Sample]:
        return [Sample({"job": "blog", "instance": "10.0.0.2:8000"}, 1.0)]


def test_a_port_that_was_scraped_before_proves_nothing() -> None:
    cluster = FakeCluster()
    pod = make_pod("blog-1")
    pod["metadata"] |= {"namespace": "blogs", "labels": {"app": "blog"}}
    pod["status"]["podIP"] = "10.0.0.2"
    cluster.put(pod)

    def look(port: int) -> str:
        existing = f"{{namespace: blogs, labels: {{app: blog}}}}, metrics_port: {port}"
        pipeline = parse_pipeline(f"apps: [{{name: blog, existing: {existing}}}]")
        return check_targets(DeployedPipeline(cluster, pipeline, cast(Prometheus, Scraped()))).detail

    assert "blog:" not in look(8000)
    assert "blog: 0 of 1 up" in look(1)
