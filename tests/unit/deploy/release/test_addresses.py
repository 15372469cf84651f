"""Where people reach what was deployed."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.release.addresses import find_addresses
from tests.unit.deploy.fake_cluster import FakeCluster, make_object

SERVICES = [
    make_object("Service", "shop", spec={"ports": [{"port": 80, "nodePort": 30080}]}),
    make_object("Service", "prometheus", spec={"ports": [{"port": 9090}]}),
    make_object("ConfigMap", "other"),
]


def nodes(*each: list[tuple[str, str]], ready: str = "True") -> FakeCluster:
    cluster = FakeCluster()
    for number, addresses in enumerate(each):
        listed = [{"type": kind, "address": address} for kind, address in addresses]
        status = {"addresses": listed, "conditions": [{"type": "Ready", "status": ready}]}
        cluster.put(make_object("Node", f"node-{number}", namespace="", status=status))
    return cluster


@pytest.mark.parametrize(
    ("cluster", "urls"),
    [
        (nodes([("Hostname", "one"), ("InternalIP", "10.0.0.7")]), ["http://10.0.0.7:30080"]),
        (nodes([("InternalIP", "10.0.0.7"), ("ExternalIP", "203.0.113.5")]), ["http://203.0.113.5:30080"]),
        (nodes([("InternalIP", "fd00::7")]), ["http://[fd00::7]:30080"]),
        (
            nodes([("InternalIP", "10.0.0.7")], [("InternalIP", "10.0.0.8")]),
            ["http://10.0.0.7:30080", "http://10.0.0.8:30080"],
        ),
        (nodes([("InternalIP", "10.0.0.7")], ready="Unknown"), ["http://NODE:30080"]),
        (FakeCluster(), ["http://NODE:30080"]),
    ],
)
def test_a_node_port_is_on_every_nodes_address(cluster: FakeCluster, urls: list[str]) -> None:
    assert find_addresses(cluster, SERVICES) == {"shop": urls, "prometheus": []}


def test_where_pods_push_to_is_said_once() -> None:
    ports = [{"name": "otlp-grpc", "port": 4317}, {"name": "otlp-http", "port": 4318}]
    service = make_object("Service", "otel-collector", namespace="watch", spec={"ports": ports})

    assert find_addresses(FakeCluster(), [service]) == {
        "otel-collector": ["http://otel-collector.watch.svc:4318, for pods that push"]
    }


def test_without_the_right_to_see_nodes_the_port_is_still_shown() -> None:
    class Strict(FakeCluster):
        def list_objects(self, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
            raise ForbiddenError("node list", {"code": 403})

    assert find_addresses(Strict(), SERVICES)["shop"] == ["http://NODE:30080"]


def make_ingress(*, tls: bool, points: list[dict[str, str]]) -> dict[str, Any]:
    spec = {"rules": [{"host": "shop.example.com"}], **({"tls": [{"secretName": "shop-tls"}]} if tls else {})}
    status = {"loadBalancer": {"ingress": points}}
    return make_object("Ingress", "shop", api_version="networking.k8s.io/v1", spec=spec, status=status)


def test_a_host_comes_first_with_the_address_that_its_name_must_lead_to() -> None:
    cluster = nodes([("InternalIP", "10.0.0.7")])
    cluster.put(make_ingress(tls=True, points=[{"ip": "10.0.0.7"}, {"hostname": "lb.example.net"}]))

    urls = find_addresses(cluster, [*SERVICES, make_ingress(tls=True, points=[])])["shop"]

    assert urls == ["https://shop.example.com (at 10.0.0.7, lb.example.net)", "http://10.0.0.7:30080"]


def test_a_host_whose_controller_shows_no_address_is_shown_alone() -> None:
    rendered = make_ingress(tls=False, points=[])

    assert find_addresses(FakeCluster(), [*SERVICES, rendered])["shop"][0] == "http://shop.example.com"
