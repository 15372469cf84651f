"""A proof names the broken link, and passes when every link holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
import pytest

from kubeglass.deploy.cluster import Cluster
from kubeglass.deploy.proof import Proof, Proven
from kubeglass.errors import ClusterError
from kubeglass.model.load import parse_pipeline
from kubeglass.observe.errors import UnreachableError
from kubeglass.observe.prometheus import Prometheus, Sample
from tests.unit.deploy.fake_cluster import FakeClock, FakeCluster, make_pod

PIPELINE = parse_pipeline("apps: [{name: shop, module: 'shop:app', metrics: [{name: orders_total, type: counter}]}]")


@dataclass
class FakePrometheus:
    """Answers by the first word of a query that it knows."""

    answers: dict[str, list[Sample]] = field(default_factory=dict)
    is_up: bool = True
    counted: float = 0.0

    def query(self, expr: str) -> list[Sample]:
        if not self.is_up:
            raise UnreachableError("prometheus does not answer")
        for word, answer in self.answers.items():
            if word in expr:
                return answer
        return [Sample({}, 1.0)]

    def value(self, expr: str) -> float | None:
        return self.counted


@dataclass
class FakeShop(FakeCluster):
    """A cluster whose app answers 404, and whose Prometheus counts it."""

    prometheus: FakePrometheus = field(default_factory=FakePrometheus)
    counts: bool = True
    asked: list[str] = field(default_factory=list)

    def send(self, method: str, path: str) -> httpx2.Response:
        self.asked.append(path)
        if self.counts:
            self.prometheus.counted += 1
        return httpx2.Response(404)


def up(job: str, instance: str) -> Sample:
    return Sample({"job": job, "instance": instance}, 1.0)


def make_shop(**changes: Any) -> FakeShop:
    shop = FakeShop(prometheus=FakePrometheus())
    for name, app, address in (
        ("c-1", "otel-collector", "10.0.0.1"),
        ("s-1", "shop", "10.0.0.2"),
        ("s-2", "shop", "::3"),
    ):
        pod = make_pod(name)
        pod["metadata"] |= {"namespace": "observability", "labels": {"app.kubernetes.io/name": app}}
        pod["spec"]["nodeName"] = "one"
        pod["status"]["podIP"] = address
        shop.put(pod)
    shop.prometheus.answers = {
        "up == 1": [up("shop", "10.0.0.2:9464"), up("shop", "[::3]:9464"), up("otel-collector", "10.0.0.1:8888")],
        "k8s_node_cpu": [Sample({"k8s_node_name": "one"}, 1.0)],
    }
    shop.prometheus.answers = {**changes, **shop.prometheus.answers, **changes}
    return shop


def prove(shop: FakeShop, clock: FakeClock | None = None) -> list[Proven]:
    told: list[Proven] = []
    tell: Callable[[Proven], None] = told.append
    cluster, prometheus = cast(Cluster, shop), cast(Prometheus, shop.prometheus)
    Proof(cluster, PIPELINE, prometheus, clock or FakeClock(), 5.0, tell).run()
    return told


def test_a_working_pipeline_is_proven_link_by_link() -> None:
    shop = make_shop()

    told = prove(shop)

    assert [proven.subject for proven in told] == ["targets", "kubelet", "request", "panels"]
    assert told[0].detail == "shop: 2 up, otel-collector: 1 up"
    assert told[2].detail == "5 requests counted for shop"
    assert all(path.endswith("/services/http:shop:http/proxy/-/kubeglass-canary") for path in shop.asked)


def test_a_target_that_is_down_is_named() -> None:
    # The second one is of a pod that is gone: Prometheus shows it for some minutes more.
    targets = [up("shop", "10.0.0.2:9464"), up("shop", "10.0.0.9:9464"), up("otel-collector", "10.0.0.1:8888")]
    shop = make_shop(**{"up == 1": targets})

    with pytest.raises(ClusterError, match=r"proof of targets: did not arrive in time \(up shop: 1 of 2\)"):
        prove(shop)


def test_a_node_without_metrics_is_named_and_the_usual_causes_with_it() -> None:
    shop = make_shop(k8s_node_cpu=[])

    with pytest.raises(ClusterError, match=r"no metrics of node one.*nodes/stats"):
        prove(shop)


def test_requests_that_are_not_counted_fail_the_proof() -> None:
    shop = make_shop()
    shop.counts = False

    with pytest.raises(ClusterError, match="5 requests to shop are not counted"):
        prove(shop)


def test_an_empty_panel_is_named_with_its_query() -> None:
    shop = make_shop(http_request_duration=[])

    with pytest.raises(ClusterError, match=r"proof of panels.*no data for .*http_request_duration"):
        prove(shop)


def test_the_apps_own_metric_may_still_be_quiet() -> None:
    shop = make_shop(orders_total=[])

    assert "still quiet: " in prove(shop)[-1].detail


def test_prometheus_may_come_up_meanwhile() -> None:
    shop = make_shop()
    shop.prometheus.is_up = False
    clock = FakeClock(scenes={3: lambda: setattr(shop.prometheus, "is_up", True)})

    assert prove(shop, clock)[0].seconds == pytest.approx(1.5)


def test_a_prometheus_that_stays_away_is_told() -> None:
    shop = make_shop()
    shop.prometheus.is_up = False

    with pytest.raises(ClusterError, match="prometheus does not answer"):
        prove(shop)
