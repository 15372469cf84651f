"""Verification names the broken link, and passes when every link holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from kubeglass.deploy.api.errors import ForbiddenError, error_for
from kubeglass.deploy.api.objects import address_of, key_of
from kubeglass.deploy.portforward.backend import Backend
from kubeglass.deploy.verify.checks import DeployedPipeline
from kubeglass.deploy.verify.verification import Verification, Verified
from kubeglass.errors import ClusterError
from kubeglass.model.load import parse_pipeline
from kubeglass.observe.errors import UnreachableError
from kubeglass.observe.prometheus import Prometheus, Sample
from tests.unit.deploy.fake_cluster import FakeClock, FakeCluster, make_event, make_object, make_pod, make_ready

PIPELINE = parse_pipeline("apps: [{name: shop, module: 'shop:app', metrics: [{name: orders_total, type: counter}]}]")


@dataclass
class FakePrometheus:
    """Answers by the first word of a query that it knows; counts by the instance a query asks for."""

    answers: dict[str, list[Sample]] = field(default_factory=dict)
    is_up: bool = True
    probes: dict[str, float] = field(default_factory=dict)
    requests: float | None = None

    def query(self, expr: str) -> list[Sample]:
        if not self.is_up:
            raise UnreachableError("prometheus does not respond")
        for word, answer in self.answers.items():
            if word in expr:
                return answer
        return [Sample({}, 1.0)]

    def value(self, expr: str) -> float | None:
        if "http_requests_total" in expr:
            return self.requests
        assert 'kubeglass_probe_requests_total{job="shop",k8s_namespace_name="observability",instance="' in expr
        return next((count for instance, count in self.probes.items() if f'instance="{instance}"' in expr), None)


@dataclass
class FakeShop(FakeCluster):
    """A cluster whose app answers probes, and whose Prometheus counts them."""

    prometheus: FakePrometheus = field(default_factory=FakePrometheus)
    counts: bool = True
    codes: list[int] = field(default_factory=lambda: [204])
    asked: list[str] = field(default_factory=list)

    def ask(self, backend: Backend) -> frozenset[int]:
        self.asked.append(backend.key.name)
        code = self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]
        if self.counts and code == 204:
            self.prometheus.probes[address_of(backend.pod, 9464)] += 5
        return frozenset({code})


def up(job: str, instance: str) -> Sample:
    return Sample({"job": job, "instance": instance}, 1.0)


def make_target(name: str, app: str, address: str) -> dict[str, Any]:
    pod = make_ready(make_pod(name))
    pod["metadata"] |= {"namespace": "observability", "labels": {"app.kubernetes.io/name": app}}
    pod["spec"] |= {"nodeName": "one"}
    pod["spec"]["containers"][0]["ports"] = [{"name": "http", "containerPort": 8000}]
    pod["status"]["podIP"] = address
    return pod


def make_shop(**changes: Any) -> FakeShop:
    shop = FakeShop(prometheus=FakePrometheus())
    for name, app, address in (
        ("c-1", "otel-collector", "10.0.0.1"),
        ("s-1", "shop", "10.0.0.2"),
        ("s-2", "shop", "::3"),
    ):
        shop.put(make_target(name, app, address))
    selector = {"app.kubernetes.io/name": "shop"}
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    shop.put(make_object("Service", "shop", namespace="observability", spec={"selector": selector, "ports": ports}))
    shop.prometheus.answers = {
        "up == 1": [up("shop", "10.0.0.2:9464"), up("shop", "[::3]:9464"), up("otel-collector", "10.0.0.1:8888")],
        "k8s_node_cpu": [Sample({"k8s_node_name": "one"}, 1.0)],
    }
    shop.prometheus.answers = {**changes, **shop.prometheus.answers, **changes}
    shop.prometheus.probes = dict.fromkeys(("10.0.0.2:9464", "[::3]:9464"), 0.0)
    return shop


def verify(shop: FakeShop, clock: FakeClock | None = None, *, timeout: float = 5.0, **rest: Any) -> list[Verified]:
    told: list[Verified] = []
    tell: Callable[[Verified], None] = told.append
    deployed = DeployedPipeline(shop, PIPELINE, cast(Prometheus, shop.prometheus))
    Verification(deployed, shop.ask, clock or FakeClock(), timeout, tell, **rest).run()
    return told


def test_a_working_pipeline_is_verified_link_by_link() -> None:
    shop = make_shop()

    told = verify(shop)

    assert [verified.subject for verified in told] == ["targets", "kubelet", "probes", "panels"]
    assert told[0].detail == "shop: 2 up, otel-collector: 1 up"
    assert told[2].detail == "5 probes counted for shop"
    assert shop.asked == ["s-1"]


def test_a_target_that_is_down_is_named() -> None:
    # The second one is of a pod that is gone: Prometheus shows it for some minutes more.
    targets = [up("shop", "10.0.0.2:9464"), up("shop", "10.0.0.9:9464"), up("otel-collector", "10.0.0.1:8888")]
    shop = make_shop(**{"up == 1": targets})

    with pytest.raises(ClusterError, match=r"verifying targets: data did not arrive in time \(shop: 1 of 2 up\)"):
        verify(shop)


@pytest.mark.parametrize("app", ["shop", "otel-collector"])
def test_a_pod_that_was_evicted_is_no_target_that_is_down(app: str) -> None:
    shop = make_shop()
    evicted = make_target("s-0", app, "10.0.0.7")
    evicted["status"] |= {"phase": "Failed", "reason": "Evicted"}
    shop.put(evicted)

    told = verify(shop)

    assert told[0].detail == "shop: 2 up, otel-collector: 1 up"


def test_a_node_without_metrics_is_named_and_the_usual_causes_with_it() -> None:
    shop = make_shop(k8s_node_cpu=[])

    collector = shop.objects[key_of(make_target("c-1", "otel-collector", "10.0.0.1"))]
    shop.put(
        make_event(collector, "Unhealthy", "Readiness probe failed")
        | {"metadata": {"namespace": "observability", "name": "e"}}
    )
    shop.logs["c-1", "otel-collector"] = [
        "2026-01-01T10:00:00.000Z\tinfo\tservice\tEverything is ready.",
        "2026-01-01T10:00:05.000Z\terror\tscraper\tError scraping metrics\t{}",
        "2026-01-01T10:00:10.000Z\terror\tscraper\tError scraping metrics\t{}",
    ]

    with pytest.raises(ClusterError, match=r"no metrics of node one.*see the collector's latest errors") as caught:
        verify(shop)

    assert caught.value.details == (
        "c-1: event Unhealthy: Readiness probe failed",
        "c-1: log error scraper Error scraping metrics {}",
    )


UNTRUSTED = (
    'error\tscraper\t{"error": "Get \\"https://10.0.0.9:10250\\": tls: x509: certificate signed by unknown authority"}'
)
REFUSED = (
    'error\tscraper\t403 Forbidden", response: "Forbidden (user=a, verb=get, resource=nodes, subresource(s)=[stats])"'
)


@pytest.mark.parametrize(
    ("line", "words", "seconds"),
    [
        (UNTRUSTED, r"x509: certificate signed by unknown authority\); .*insecure_skip_verify", 2),
        # The kubelet remembers for 30 s that a right was missing.
        (REFUSED, r"Forbidden \(user=a, verb=get, .*the collector lacks a right", 35),
    ],
)
def test_a_refusal_that_goes_on_ends_verification_early(line: str, words: str, seconds: float) -> None:
    shop = make_shop(k8s_node_cpu=[])
    shop.logs["c-1", "otel-collector"] = [line]
    clock = FakeClock()

    with pytest.raises(ClusterError, match=f"verifying kubelet: no metrics of node one.*{words}"):
        verify(shop, clock, timeout=600)

    assert seconds <= clock.time < seconds + 3


def test_probes_are_counted_at_the_pod_that_answered_them() -> None:
    # An old pod that still ends has a high count, and takes it with it.
    shop = make_shop()
    ending = make_target("s-0", "shop", "10.0.0.8")
    ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    shop.put(ending)
    shop.prometheus.probes["10.0.0.8:9464"] = 1000

    def end() -> None:
        shop.prometheus.probes.pop("10.0.0.8:9464", None)

    shop.prometheus.answers["k8s_node_cpu"] = []
    clock = FakeClock(
        scenes={
            1: end,
            2: lambda: shop.prometheus.answers.update(k8s_node_cpu=[Sample({"k8s_node_name": "one"}, 1.0)]),
        }
    )

    assert verify(shop, clock)[2].detail == "5 probes counted for shop"


def test_probes_are_sent_again_when_their_pod_is_gone() -> None:
    shop = make_shop()
    shop.counts = False

    def replace() -> None:
        shop.delete(key_of(make_target("s-1", "shop", "")))
        shop.put(make_target("s-3", "shop", "10.0.0.4"))
        shop.prometheus.probes["10.0.0.4:9464"] = 0.0
        shop.counts = True

    verify(shop, FakeClock(scenes={2: replace}))

    assert shop.asked == ["s-1", "s-2"]


def test_an_app_that_is_not_available_is_asked_again() -> None:
    shop = make_shop()
    shop.codes = [503, 503, 204]

    assert verify(shop)[2].subject == "probes"
    assert len(shop.asked) == 3


def test_an_app_that_stays_unavailable_is_named_with_its_status() -> None:
    shop = make_shop()
    shop.codes = [503]

    with pytest.raises(ClusterError, match="shop responds to GET /-/kubeglass/probe with 503"):
        verify(shop)


def test_a_missing_right_to_forward_ends_verification_at_once() -> None:
    shop = make_shop()
    shop.prometheus.is_up = False
    clock = FakeClock()

    with pytest.raises(ForbiddenError, match="ask the cluster's administrator"):
        verify(shop, clock, errors=[error_for("pod/prometheus-0", {"code": 403})])

    assert clock.time == 0


def test_probes_that_are_not_counted_fail_verification() -> None:
    shop = make_shop()
    shop.counts = False

    with pytest.raises(ClusterError, match="5 probes of shop are not counted"):
        verify(shop)


def test_an_app_that_answers_probes_itself_is_asked_once_only() -> None:
    # Its view has run five times; it must not run again at every look.
    shop = make_shop()
    shop.codes = [200]

    with pytest.raises(ClusterError, match="shop responds to GET /-/kubeglass/probe with 200, not 204"):
        verify(shop)

    assert shop.asked == ["s-1"]


def test_an_app_without_the_probe_metric_is_sent_nothing_and_verified_by_its_scrapes() -> None:
    shop = make_shop()
    shop.prometheus.probes = {}

    told = verify(shop)

    assert shop.asked == []
    assert told[2].detail == "shop: no kubeglass_probe_requests_total, but scrapes arrive"


def test_an_empty_panel_is_named_with_its_query() -> None:
    shop = make_shop(http_request_duration=[])
    shop.prometheus.requests = 3.0

    with pytest.raises(ClusterError, match=r"verifying panels.*no data for .*http_request_duration"):
        verify(shop)


def test_an_app_that_nobody_has_used_yet_shows_no_traffic() -> None:
    shop = make_shop(http_request_duration=[])

    assert "no traffic yet: " in verify(shop)[-1].detail


def test_the_apps_own_metric_may_still_be_quiet() -> None:
    shop = make_shop(orders_total=[])

    assert "no traffic yet: " in verify(shop)[-1].detail


def test_prometheus_may_come_up_meanwhile() -> None:
    shop = make_shop()
    shop.prometheus.is_up = False
    clock = FakeClock(scenes={3: lambda: setattr(shop.prometheus, "is_up", True)})

    assert verify(shop, clock)[0].seconds == pytest.approx(1.5)


def test_a_prometheus_that_stays_away_is_named() -> None:
    shop = make_shop()
    shop.prometheus.is_up = False

    with pytest.raises(ClusterError, match="prometheus does not respond"):
        verify(shop)


def test_another_port_of_the_apps_pod_is_not_its_target() -> None:
    targets = [up("shop", "10.0.0.2:8000"), up("shop", "[::3]:9464"), up("otel-collector", "10.0.0.1:8888")]

    with pytest.raises(ClusterError, match="shop: 1 of 2 up"):
        verify(make_shop(**{"up == 1": targets}))
