"""A pod belongs to the template its controller says it was made from, whatever in the template has changed."""

from __future__ import annotations

from typing import Any

from kubeglass.deploy.rollout.revision import find_revision, list_every_pod, list_pods
from tests.unit.deploy.fake_cluster import (
    FakeCluster,
    make_deployment,
    make_object,
    make_pod,
    make_replica_set,
    put_deployment,
)


def make_set(kind: str, **status: Any) -> dict[str, Any]:
    spec = {"selector": {"matchLabels": {"app": "shop"}}}
    return make_object(kind, "shop", api_version="apps/v1", spec=spec, status=status)


def make_revision(number: int) -> dict[str, Any]:
    item = make_object("ControllerRevision", f"shop-{number}", api_version="apps/v1", revision=number)
    item["metadata"]["labels"] |= {"app": "shop", "controller-revision-hash": f"hash-{number}"}
    item["metadata"]["ownerReferences"] = [{"controller": True, "uid": "uid-shop"}]
    return item


def make_hashed_pod(name: str, revision: str) -> dict[str, Any]:
    pod = make_pod(name)
    pod["metadata"]["labels"]["controller-revision-hash"] = revision
    pod["metadata"]["ownerReferences"] = [{"controller": True, "uid": "uid-shop"}]
    return pod


def names(pods: list[dict[str, Any]]) -> list[str]:
    return [pod["metadata"]["name"] for pod in pods]


def present_pods(cluster: FakeCluster, workload: dict[str, Any]) -> list[str]:
    revision = find_revision(cluster, workload)
    assert revision is not None
    return names(list_pods(cluster, workload, revision))


def test_a_deployments_pods_are_those_of_its_newest_replica_set() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster, revision=2)
    # Image and annotations are the same: only the environment of the template has changed.
    cluster.put(make_pod("old", revision=1))
    cluster.put(make_pod("new", revision=2))

    assert present_pods(cluster, cluster.objects[key]) == ["new"]


def test_a_template_that_its_controller_has_not_seen_has_no_pods() -> None:
    cluster = FakeCluster()
    cluster.put(make_replica_set(1))

    assert find_revision(cluster, make_deployment(revision=2, seen=False)) is None


def test_a_stateful_sets_pods_are_those_of_its_update_revision() -> None:
    cluster = FakeCluster()
    workload = make_set("StatefulSet", updateRevision="shop-b", currentRevision="shop-a")
    cluster.put(make_hashed_pod("old", "shop-a"))
    cluster.put(make_hashed_pod("new", "shop-b"))

    assert present_pods(cluster, workload) == ["new"]


def test_a_daemon_sets_pods_are_those_of_its_newest_revision() -> None:
    cluster = FakeCluster()
    workload = make_set("DaemonSet")
    for number in (2, 10):
        cluster.put(make_revision(number))
        cluster.put(make_hashed_pod(f"pod-{number}", f"hash-{number}"))

    assert present_pods(cluster, workload) == ["pod-10"]


def test_pods_of_somebody_else_with_the_same_labels_are_not_the_workloads() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster, revision=2)
    theirs = make_pod("theirs")
    theirs["metadata"]["ownerReferences"] = [{"controller": True, "uid": "uid-of-theirs"}]
    for pod in (make_pod("old", revision=1), make_pod("new", revision=2), theirs):
        cluster.put(pod)

    assert names(list_every_pod(cluster, cluster.objects[key])) == ["old", "new"]
