"""The pod behind a Service: ready, not about to end, at the port the Service means."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.portforward.backend import NoBackendError, find_backend
from kubeglass.errors import ClusterError
from tests.unit.deploy.fake_cluster import FakeCluster, make_object, make_pod, make_ready


def make_service(**port: Any) -> dict[str, Any]:
    ports = [{"name": "other", "port": 1}, {"name": "http", "port": 80, **port}]
    return make_object("Service", "shop", spec={"selector": {"app": "shop"}, "ports": ports})


def make_listening(name: str) -> dict[str, Any]:
    pod = make_ready(make_pod(name))
    pod["spec"]["containers"][0]["ports"] = [{"name": "http", "containerPort": 8000}]
    return pod


@pytest.mark.parametrize(("target", "port"), [("http", 8000), (8080, 8080), (None, 80)])
def test_the_port_is_the_pods_not_the_services(target: str | int | None, port: int) -> None:
    cluster = FakeCluster()
    cluster.put(make_service(**({} if target is None else {"targetPort": target})))
    cluster.put(make_listening("shop-1"))

    assert find_backend(cluster, "shop", "shop").port == port


def test_only_a_pod_that_is_ready_and_stays_will_do() -> None:
    cluster = FakeCluster()
    cluster.put(make_service())
    cluster.put(make_pod("starts"))
    ending = make_listening("ends")
    ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    cluster.put(ending)

    with pytest.raises(NoBackendError, match="service/shop: has no ready pod \\(0 of 2 ready\\)"):
        find_backend(cluster, "shop", "shop")
    cluster.put(make_listening("stays"))
    assert find_backend(cluster, "shop", "shop").key.name == "stays"


def test_a_missing_service_is_named() -> None:
    with pytest.raises(ClusterError, match="service/shop: does not exist on the cluster"):
        find_backend(FakeCluster(), "shop", "shop")


def test_a_port_that_no_container_names_is_reported() -> None:
    cluster = FakeCluster()
    cluster.put(make_service(targetPort="web"))
    cluster.put(make_listening("shop-1"))

    with pytest.raises(ClusterError, match="pod/shop-1: has no port named web"):
        find_backend(cluster, "shop", "shop")
