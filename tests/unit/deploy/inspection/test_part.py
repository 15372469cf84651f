"""A part's state is what waits, what failed and why, without waiting."""

from __future__ import annotations

from typing import Any, NoReturn

from kubeglass.deploy.api.errors import error_for
from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.inspection.part import Part, Replicas, read_parts
from kubeglass.deploy.rollout.status import State
from tests.unit.deploy.fake_cluster import (
    FakeCluster,
    make_deployment,
    make_event,
    make_object,
    make_pod,
    put_deployment,
)


def read_one(cluster: FakeCluster, key: ObjectKey) -> Part:
    (part,) = read_parts(cluster, {key: cluster.objects[key]}, [])
    return part


def test_a_ready_workload_says_how_often_it_restarted() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster, ready=1)
    cluster.objects[key]["status"]["readyReplicas"] = 1
    cluster.put(make_pod(restartCount=3))

    part = read_one(cluster, key)

    assert part == Part(key, State.READY, "1 of 1 replicas ready", Replicas(1, 1, 3))


def test_one_that_cannot_start_has_failed_with_the_cause() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    cluster.put(make_pod(state={"waiting": {"reason": "ErrImageNeverPull", "message": "not present"}}))

    part = read_one(cluster, key)

    assert (part.state, part.detail) == (State.FAILED, "waits for 1 of 1 replicas to be ready")
    assert part.cause is not None
    assert "ErrImageNeverPull: not present" in part.cause.message
    assert "kubeglass images load" in part.cause.hint


def test_one_that_may_still_start_waits_and_shows_what_is_known() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    pod = make_pod(state={"running": {}})
    cluster.put(pod)
    cluster.put(make_event(pod, "Unhealthy", "Startup probe failed"))
    cluster.logs["shop-1", "app"] = ["loading"]

    part = read_one(cluster, key)

    assert part.state is State.WAITING
    assert part.cause is not None
    assert "log app: loading" in part.cause.evidence


def test_a_lack_of_room_may_pass() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    pod = make_pod()
    unschedulable = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}
    pod["status"] = {"conditions": [unschedulable]}
    cluster.put(pod)

    part = read_one(cluster, key)

    assert part.state is State.WAITING
    assert part.cause is not None
    assert "Unschedulable" in part.cause.message


def test_what_is_missing_is_named_whatever_its_kind() -> None:
    key = ObjectKey("rbac.authorization.k8s.io/v1", "ClusterRole", "kubeglass:shop:otel-collector")
    cluster = FakeCluster()
    deployment = put_deployment(cluster, ready=1)

    parts = read_parts(cluster, {deployment: cluster.objects[deployment]}, [key])

    (gone,) = (part for part in parts if part.key == key)
    assert (gone.state, gone.detail) == (State.FAILED, "is gone")
    assert not gone.is_ready


def test_what_only_holds_data_has_no_state() -> None:
    role = make_object("Role", "a")

    assert read_parts(FakeCluster(), {ObjectKey("v1", "Role", "a", "shop"): role}, []) == []


class BlindCluster(FakeCluster):
    """Lets nobody read pods."""

    def list_objects(self, api_version: str, kind: str, **options: Any) -> NoReturn:
        raise error_for(kind, {"code": 403, "message": "forbidden"})


def test_without_the_right_to_read_pods_the_state_is_shown_all_the_same() -> None:
    cluster = BlindCluster()
    key = cluster.put(make_deployment())

    part = read_one(cluster, key)

    assert part == Part(key, State.WAITING, "waits for 1 of 1 replicas to be ready", Replicas(0, 1, None))
