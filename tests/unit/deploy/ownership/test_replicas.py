"""The number of an app's pods changes hands without changing."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.ownership.replicas import drop_replicas, hand_over_replicas, keep_replicas, missing_metrics
from tests.unit.deploy.fake_cluster import FakeCluster, make_object

OURS = {"manager": "kubeglass", "operation": "Apply"}
SCALER = {"manager": "kube-controller-manager", "operation": "Update", "subresource": "scale"}
ROLLOUT = {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status"}


def own(who: dict[str, str], *fields: str) -> dict[str, Any]:
    return {**who, "fieldsV1": {"f:spec": {f"f:{name}": {} for name in fields}}}


def make_live(*entries: dict[str, Any], replicas: int = 4, pipeline: str = "shop") -> dict[str, Any]:
    live = make_object("Deployment", "shop", api_version="apps/v1", pipeline=pipeline, spec={"replicas": replicas})
    live["metadata"] |= {"resourceVersion": "7", "managedFields": list(entries)}
    return live


def make_rendered(**spec: Any) -> dict[str, Any]:
    return make_object("Deployment", "shop", api_version="apps/v1", spec={"selector": {}, **spec})


def make_autoscaler(pipeline: str = "shop") -> dict[str, Any]:
    return make_object("HorizontalPodAutoscaler", "shop", api_version="autoscaling/v2", pipeline=pipeline)


def owners_after(cluster: FakeCluster, *rendered: dict[str, Any]) -> list[dict[str, Any]]:
    hand_over_replicas(cluster, rendered, pipeline="shop")
    live = cluster.get(ObjectKey("apps/v1", "Deployment", "shop", "shop"))
    assert live is not None
    entries: list[dict[str, Any]] = live["metadata"]["managedFields"]
    return entries


def test_a_number_that_is_left_open_is_no_longer_ours() -> None:
    cluster = FakeCluster()
    cluster.put(make_live(own(OURS, "replicas", "template"), own(ROLLOUT, "replicas")))

    after = owners_after(cluster, make_rendered())

    assert after == [own(OURS, "template"), own(ROLLOUT, "replicas")]


def test_a_number_that_kubectl_applied_does_not_become_ours_first() -> None:
    cluster = FakeCluster()
    kubectl = {"manager": "kubectl-client-side-apply", "operation": "Update"}
    cluster.put(make_live(own(kubectl, "replicas", "template")))

    assert owners_after(cluster, make_rendered()) == [own(kubectl, "template")]


def test_a_fixed_number_stays_ours() -> None:
    cluster = FakeCluster()
    cluster.put(make_live(own(OURS, "replicas")))

    assert owners_after(cluster, make_rendered(replicas=2)) == [own(OURS, "replicas")]
    assert ("patch", ObjectKey("apps/v1", "Deployment", "shop", "shop")) not in cluster.calls


def test_the_autoscaler_that_goes_gives_the_number_back() -> None:
    cluster = FakeCluster()
    cluster.put(make_live(own(OURS, "template"), own(SCALER, "replicas")))
    cluster.put(make_autoscaler())

    assert owners_after(cluster, make_rendered(replicas=2)) == [own(OURS, "template")]


@pytest.mark.parametrize("autoscalers", [[], [make_autoscaler("other")]], ids=["none", "of a stranger"])
def test_what_somebody_else_scaled_is_not_taken(autoscalers: list[dict[str, Any]]) -> None:
    cluster = FakeCluster()
    cluster.put(make_live(own(OURS, "template"), own(SCALER, "replicas")))
    for item in autoscalers:
        cluster.put(item)

    assert owners_after(cluster, make_rendered(replicas=2)) == [own(OURS, "template"), own(SCALER, "replicas")]


def test_a_strangers_deployment_is_left_alone() -> None:
    cluster = FakeCluster()
    cluster.put(make_live(own(OURS, "replicas"), pipeline="other"))

    assert owners_after(cluster, make_rendered()) == [own(OURS, "replicas")]


def test_an_entry_without_fields_is_left_out() -> None:
    assert drop_replicas([own(OURS, "replicas")], is_owner=lambda entry: True) == []


def test_a_dry_run_shows_no_change_of_an_open_number() -> None:
    cluster = FakeCluster()
    cluster.put(make_live(replicas=4))

    (opened,) = keep_replicas(cluster, [make_rendered()], pipeline="shop")
    (fixed,) = keep_replicas(cluster, [make_rendered(replicas=2)], pipeline="shop")

    assert opened["spec"]["replicas"] == 4
    assert fixed["spec"]["replicas"] == 2


def test_a_dry_run_is_no_conflict_with_the_autoscaler_that_goes() -> None:
    cluster = FakeCluster()
    cluster.put(make_live(own(OURS, "template"), own(SCALER, "replicas"), replicas=4))
    cluster.put(make_autoscaler())

    (tried,) = keep_replicas(cluster, [make_rendered(replicas=2)], pipeline="shop")

    assert tried["spec"]["replicas"] == 4


def test_a_new_deployment_is_tried_as_rendered() -> None:
    assert keep_replicas(FakeCluster(), [make_rendered()], pipeline="shop") == [make_rendered()]


def test_a_cluster_that_measures_nothing_is_named() -> None:
    said = missing_metrics(FakeCluster(), [make_autoscaler()])

    assert "the autoscaler of shop cannot measure pods" in said
    assert "metrics.k8s.io" in said
    assert missing_metrics(FakeCluster(), [make_rendered()]) == ""
