"""An address that only one object may have changes hands last, and in one go."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of
from kubeglass.deploy.release.apply import Applied
from kubeglass.deploy.release.deploy import Release, deploy, preview
from kubeglass.deploy.release.inventory import find_left
from kubeglass.errors import ClusterError
from tests.unit.deploy.fake_cluster import FakeClock, FakeCluster, make_deployment, make_object

HOME = "shop"
NETWORKING = "networking.k8s.io/v1"


class Exclusive(FakeCluster):
    """Refuses a NodePort that another Service has, and a host that another Ingress has, as an admission webhook may."""

    def apply(self, item: KubernetesObject, **options: Any) -> dict[str, Any]:
        taken = {address for key, live in self.objects.items() if key != key_of(item) for address in addresses(live)}
        if taken & addresses(item):
            raise RefusedError("x", {"code": 422, "message": "provided port is already allocated"})
        return super().apply(item, **options)


def addresses(item: KubernetesObject) -> set[Any]:
    spec = item.get("spec", {})
    found = {port.get("nodePort") for port in spec.get("ports", ())} | {
        rule.get("host") for rule in spec.get("rules", ())
    }
    return found - {None}


def make_service(namespace: str, name: str = "app") -> dict[str, Any]:
    ports = [{"name": "http", "port": 80, "nodePort": 30080}]
    return make_object("Service", name, namespace=namespace, spec={"type": "NodePort", "ports": ports})


def make_ingress(namespace: str, name: str = "app") -> dict[str, Any]:
    rules = [{"host": "shop.example", "http": {}}]
    return make_object("Ingress", name, api_version=NETWORKING, namespace=namespace, spec={"rules": rules})


def make_release(*objects: KubernetesObject) -> Release:
    return Release(HOME, [make_deployment(ready=1), *objects])


def run(cluster: FakeCluster, release: Release) -> list[str]:
    told: list[Applied] = []
    deploy(cluster, release, timeout=5, clock=FakeClock(), tell=told.append, report=lambda progress: None)
    return [f"{applied.key} {applied.key.namespace} {applied.change.value}" for applied in told]


@pytest.mark.parametrize(("make", "address"), [(make_service, "nodePort 30080"), (make_ingress, "host shop.example")])
def test_the_new_object_follows_right_after_the_old_one_once_all_else_is_ready(make: Any, address: str) -> None:
    cluster = Exclusive()
    run(cluster, make_release(make("old")))
    moved = make_release(make("new"), make_object("ConfigMap", "a"))
    kind = make("new")["kind"].lower()

    text, _ = preview(cluster, moved)
    told = run(cluster, moved)

    assert f"# {kind}/app takes over {address} of {kind}/app in namespace old, which is deleted first" in text
    assert address.split()[1] in text.split("first", 1)[1]
    assert told[-2:] == [f"{kind}/app old deleted", f"{kind}/app new created"]
    assert addresses(cluster.objects[key_of(make("new"))]) == addresses(make("old"))


def test_a_renamed_one_in_the_same_namespace_takes_over_too() -> None:
    cluster = Exclusive()
    run(cluster, make_release(make_service(HOME, "old")))

    assert run(cluster, make_release(make_service(HOME, "new")))[-2:] == [
        "service/old shop deleted",
        "service/new shop created",
    ]


def test_what_a_stranger_has_is_refused() -> None:
    cluster = Exclusive()
    run(cluster, make_release(make_service("old")))
    cluster.objects[key_of(make_service("old"))]["metadata"]["labels"] = {}

    with pytest.raises(ClusterError, match="provided port is already allocated"):
        run(cluster, make_release(make_service("new")))

    assert key_of(make_service("old")) in cluster.objects


def test_a_namespace_is_left_while_workloads_run_there_that_are_no_longer_rendered() -> None:
    cluster = FakeCluster()
    gone = ObjectKey("apps/v1", "Deployment", "gone", "empty")
    kept, app = (cluster.put(make_deployment(name)) for name in ("kept", "moved"))
    service = cluster.put(make_object("Service", "moved", namespace="services"))

    assert find_left(cluster, frozenset({gone, kept, app, service}), [kept]) == ("shop",)
    assert find_left(cluster, frozenset({gone, kept, app, service}), [kept, app]) == ()
