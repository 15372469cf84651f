"""Deletion names what a namespace still holds, except what Kubernetes itself puts there."""

from __future__ import annotations

from typing import Any

from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.release.removal import find_leftovers
from tests.unit.deploy.fake_cluster import FakeCluster, make_object, make_pod


def test_what_kubernetes_puts_into_every_namespace_does_not_count() -> None:
    cluster = FakeCluster()
    cluster.put(make_object("ConfigMap", "kube-root-ca.crt"))
    cluster.put(make_pod("of-a-replica-set"))
    ending = make_object("Pod", "ends")
    ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    cluster.put(ending)

    assert find_leftovers(cluster, "shop") == []


def test_what_somebody_made_is_named() -> None:
    cluster = FakeCluster()
    cluster.put(make_object("ConfigMap", "theirs"))
    cluster.put(make_object("Pod", "by-hand"))
    cluster.put(make_object("ConfigMap", "elsewhere", namespace="other"))

    assert find_leftovers(cluster, "shop") == ["configmap/theirs", "pod/by-hand"]


def test_a_group_that_cannot_be_listed_may_hold_something() -> None:
    class Broken(FakeCluster):
        def read(self, path: str) -> dict[str, Any]:
            if path == "/apis":
                return {"groups": [{"preferredVersion": {"groupVersion": "example.com/v1"}}]}
            if path == "/apis/example.com/v1":
                raise RefusedError(path, {"code": 503})
            return super().read(path)

    assert find_leftovers(Broken(), "shop") == ["objects of example.com/v1, which cannot be listed"]
