"""Applying touches what is ours, and says so when it is not."""

from __future__ import annotations

import pytest

from kubeglass.deploy.api.objects import EARLIER_PIPELINE, key_of
from kubeglass.deploy.release.apply import Change, apply_object, delete_object, wait_until_gone
from kubeglass.errors import ClusterError
from kubeglass.render.kubernetes.names import PIPELINE
from tests.unit.deploy.fake_cluster import FakeClock, FakeCluster, make_object


def test_a_new_object_is_created_and_applying_it_again_changes_nothing() -> None:
    cluster = FakeCluster()
    item = make_object("ConfigMap", "a", data={"x": "1"})

    first = apply_object(cluster, item, namespace="shop")
    second = apply_object(cluster, item, namespace="shop")
    third = apply_object(cluster, {**item, "data": {"x": "2"}}, namespace="shop")

    assert [first.change, second.change, third.change] == [Change.CREATED, Change.UNCHANGED, Change.CHANGED]


def test_an_object_of_somebody_else_is_never_touched() -> None:
    cluster = FakeCluster()
    theirs = make_object("ConfigMap", "a", data={"x": "theirs"})
    theirs["metadata"]["labels"] = {}
    cluster.put(theirs)

    with pytest.raises(
        ClusterError, match=r"configmap/a in namespace shop: already exists and was not made by kubeglass"
    ):
        apply_object(cluster, make_object("ConfigMap", "a"), namespace="shop")

    assert cluster.calls == []


def test_an_object_of_another_pipeline_is_never_touched() -> None:
    cluster = FakeCluster()
    key = cluster.put(make_object("ConfigMap", "a", pipeline="other"))

    with pytest.raises(
        ClusterError,
        match=r"configmap/a in namespace shop: belongs to the pipeline of namespace other; .*namespace",
    ):
        apply_object(cluster, make_object("ConfigMap", "a"), namespace="shop")
    deleted = delete_object(cluster, key, pipeline="shop")

    assert cluster.calls == []
    assert deleted is not None
    assert deleted.change is Change.KEPT


def test_an_object_that_names_no_pipeline_can_be_handed_over() -> None:
    cluster = FakeCluster()
    old = make_object("ConfigMap", "a")
    del old["metadata"]["labels"][PIPELINE]
    cluster.put(old)

    with pytest.raises(ClusterError, match=f"kubectl label configmap/a --namespace shop {PIPELINE}="):
        apply_object(cluster, make_object("ConfigMap", "a"), namespace="shop")


def test_the_label_of_an_earlier_version_counts() -> None:
    cluster = FakeCluster()
    old = make_object("ConfigMap", "a")
    old["metadata"]["labels"][EARLIER_PIPELINE] = old["metadata"]["labels"].pop(PIPELINE)
    cluster.put(old)

    deleted = delete_object(cluster, key_of(old), pipeline="shop")

    assert deleted is not None
    assert deleted.change is Change.DELETED


def test_a_namespace_of_somebody_else_is_used_as_it_is() -> None:
    cluster = FakeCluster()
    theirs = make_object("Namespace", "shop", namespace="")
    theirs["metadata"]["labels"] = {}
    cluster.put(theirs)

    applied = apply_object(cluster, make_object("Namespace", "shop", namespace=""), namespace="shop")

    assert applied.change is Change.KEPT
    assert cluster.calls == []


def test_deleting_leaves_what_somebody_else_made_meanwhile() -> None:
    cluster = FakeCluster()
    theirs = make_object("ConfigMap", "a")
    theirs["metadata"]["labels"] = {}
    key = cluster.put(theirs)

    applied = delete_object(cluster, key, pipeline="shop")

    assert applied is not None
    assert applied.change is Change.KEPT
    assert delete_object(cluster, key_of(make_object("ConfigMap", "gone")), pipeline="shop") is None


def test_an_object_that_stays_is_reported_with_its_finalizers() -> None:
    cluster = FakeCluster()
    stuck = make_object("Service", "a")
    stuck["metadata"]["finalizers"] = ["example.com/cleanup"]
    key = cluster.put(stuck)

    with pytest.raises(ClusterError, match=r"held by finalizers example\.com/cleanup"):
        wait_until_gone(cluster, [key], timeout=3, clock=FakeClock())


def test_waiting_ends_when_all_are_gone() -> None:
    cluster = FakeCluster()
    key = cluster.put(make_object("Service", "a"))
    clock = FakeClock(scenes={2: lambda: cluster.delete(key)})

    wait_until_gone(cluster, [key], timeout=30, clock=clock)

    assert clock.sleeps == 2
