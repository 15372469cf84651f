"""What was wrong before a deployment is known, and pods that were stuck are found, whatever they were made from."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kubeglass.deploy.api.objects import ObjectKey, key_of
from kubeglass.deploy.rollout.baseline import read_baseline, retry_refused
from tests.unit.deploy.fake_cluster import (
    FakeCluster,
    make_event,
    make_pod,
    make_ready,
    make_replica_set,
    put_deployment,
)


def waits(reason: str) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason}}}


def stuck(cluster: FakeCluster, key: ObjectKey) -> list[str]:
    return [pod.name for pod in read_baseline(cluster, [key]).stuck]


@pytest.mark.parametrize(
    "reason",
    ["ErrImageNeverPull", "ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError", "CrashLoopBackOff"],
)
@pytest.mark.parametrize("revision", [1, 2])
def test_a_pod_that_waits_to_be_tried_again_is_stuck(reason: str, revision: int) -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster, revision=2)
    cluster.put(make_pod(revision=revision, **waits(reason)))

    assert stuck(cluster, key) == ["shop-1"]


def test_a_pod_whose_volume_cannot_be_mounted_is_stuck() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    pod = make_pod(**waits("ContainerCreating"))
    cluster.put(pod)
    cluster.put(make_event(pod, "FailedMount", "hostPath type check failed: /home/a is not a file"))

    assert stuck(cluster, key) == ["shop-1"]


def test_a_maker_whose_pods_were_refused_is_tried_again_and_nothing_of_that_stays() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    maker = make_replica_set()
    cluster.put(make_event(maker, "FailedCreate", "exceeded quota: small"))

    (refused,) = read_baseline(cluster, [key]).refused
    before = copy.deepcopy(cluster.objects[refused])
    retry_refused(cluster, refused)

    assert refused == key_of(maker)
    assert cluster.calls == [("patch", refused)] * 2
    assert cluster.objects[refused] == before


def test_a_pod_that_starts_or_answers_is_left_alone() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    cluster.put(make_pod("starts", **waits("ContainerCreating")))
    cluster.put(make_ready(make_pod("answers", **waits("CrashLoopBackOff"))))

    assert stuck(cluster, key) == []


def test_the_pods_of_a_healthy_workload_are_not_read() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster, ready=1)
    cluster.put(make_pod(**waits("CrashLoopBackOff")))

    assert stuck(cluster, key) == []


def test_a_workload_that_does_not_exist_yet_has_no_past() -> None:
    assert stuck(FakeCluster(), ObjectKey("apps/v1", "Deployment", "shop", "shop")) == []
