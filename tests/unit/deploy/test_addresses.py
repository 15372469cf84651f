"""Where people reach what was deployed."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.addresses import Address, find_addresses
from kubeglass.deploy.refusal import ForbiddenError
from tests.unit.deploy.fake_cluster import FakeCluster, make_object

SERVICES = [
    make_object("Service", "shop", spec={"ports": [{"port": 80, "nodePort": 30080}]}),
    make_object("Service", "prometheus", spec={"ports": [{"port": 9090}]}),
    make_object("ConfigMap", "other"),
]


def node(*addresses: tuple[str, str]) -> FakeCluster:
    cluster = FakeCluster()
    listed = [{"type": kind, "address": address} for kind, address in addresses]
    cluster.put(make_object("Node", "one", namespace="", status={"addresses": listed}))
    return cluster


@pytest.mark.parametrize(
    ("cluster", "url"),
    [
        (node(("Hostname", "one"), ("InternalIP", "10.0.0.7")), "http://10.0.0.7:30080"),
        (node(("InternalIP", "10.0.0.7"), ("ExternalIP", "203.0.113.5")), "http://203.0.113.5:30080"),
        (node(("InternalIP", "fd00::7")), "http://[fd00::7]:30080"),
        (FakeCluster(), "http://NODE:30080"),
    ],
)
def test_a_node_port_is_on_a_nodes_address(cluster: FakeCluster, url: str) -> None:
    assert find_addresses(cluster, SERVICES) == [Address("shop", url), Address("prometheus", "")]


def test_without_the_right_to_see_nodes_the_port_is_told_all_the_same() -> None:
    class Strict(FakeCluster):
        def list_objects(self, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
            raise ForbiddenError("node list", {"code": 403})

    assert find_addresses(Strict(), SERVICES)[0].url == "http://NODE:30080"
