"""One look at each link: what works, what is broken and why, and what nobody could look at."""

from __future__ import annotations

from typing import cast

from kubeglass.deploy.api.errors import ForbiddenError, error_for
from kubeglass.deploy.inspection.health import LinkState, check_links
from kubeglass.deploy.verify.checks import DeployedPipeline
from kubeglass.errors import ClusterError
from kubeglass.observe.prometheus import Prometheus, Sample
from tests.unit.deploy.fake_cluster import FakeClock
from tests.unit.deploy.verify.test_verification import PIPELINE, FakeShop, make_shop

#: The first words of conditions of alerts, which hold for no collector.
QUIET: dict[str, list[Sample]] = {"absent_over_time": [], "otelcol_exporter": [], "otelcol_processor": []}


def look(shop: FakeShop, errors: list[ClusterError] | None = None) -> dict[str, tuple[LinkState, str, str]]:
    deployed = DeployedPipeline(shop, PIPELINE, cast(Prometheus, shop.prometheus))
    links = check_links(deployed, FakeClock(time=1000.0), errors or [])
    return {link.subject: (link.state, link.detail, link.cause.message if link.cause else "") for link in links}


def test_all_links_of_a_healthy_pipeline_work() -> None:
    links = look(make_shop(**QUIET))

    assert links == {
        "targets": (LinkState.WORKS, "shop: 2 up, otel-collector: 1 up", ""),
        "kubelet": (LinkState.WORKS, "metrics of 1 node", ""),
        "collector": (LinkState.WORKS, "nothing is lost, refused or held back", ""),
    }


def test_a_right_that_was_removed_is_named() -> None:
    shop = make_shop(**QUIET, k8s_node_cpu=[])
    refusal = "Forbidden (user=system:serviceaccount:observability:otel-collector, verb=get, resource=nodes)"
    shop.logs["c-1", "otel-collector"] = [f'2026\terror\tscraper\t{{"error": "{refusal}"}}']

    state, detail, cause = look(shop)["kubelet"]

    assert (state, detail, cause) == (LinkState.BROKEN, "no metrics of node one", refusal)


def test_a_collector_that_loses_data_is_broken_and_its_page_named() -> None:
    lost = [Sample({"instance": "10.0.0.1:8888", "exporter": "otlp_http"}, 7.0)]
    shop = make_shop(otelcol_exporter_enqueue_failed=lost, **QUIET)

    state, detail, _ = look(shop)["collector"]

    assert state is LinkState.BROKEN
    assert detail == "CollectorLosesData at 10.0.0.1:8888, see docs/rules/CollectorLosesData.md"


def test_without_the_right_to_forward_ports_nothing_is_said_to_be_broken() -> None:
    shop = make_shop()
    shop.prometheus.is_up = False
    refused = error_for("pod/prometheus-0", {"code": 403, "message": "pods/portforward is forbidden"})
    assert isinstance(refused, ForbiddenError)

    ((state, detail, _),) = look(shop, [refused]).values()

    assert state is LinkState.UNKNOWN
    assert "these credentials lack the right to do this" in detail


def test_a_prometheus_that_does_not_respond_is_broken() -> None:
    shop = make_shop()
    shop.prometheus.is_up = False

    ((state, detail, _),) = look(shop).values()

    assert (state, detail) == (LinkState.BROKEN, "not checked: prometheus does not respond")
