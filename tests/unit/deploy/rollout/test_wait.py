"""A rollout ends when all is ready, and ends at once, with the cause, when it never will be."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from kubeglass.deploy.api.errors import UnreachableClusterError
from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.rollout.baseline import Baseline, read_baseline
from kubeglass.deploy.rollout.wait import Rollout
from kubeglass.errors import ClusterError
from tests.unit.deploy.fake_cluster import (
    FakeClock,
    FakeCluster,
    make_deployment,
    make_event,
    make_object,
    make_pod,
    make_replica_set,
    put_deployment,
)

NO_BASELINE = Baseline()


def wait(
    cluster: FakeCluster,
    key: ObjectKey,
    clock: FakeClock | None = None,
    seen: list[str] | None = None,
    *,
    timeout: float = 10,
    baseline: Baseline = NO_BASELINE,
) -> None:
    def report(progress: Any) -> None:
        if seen is not None:
            seen.append(progress[key].message)

    Rollout(cluster, [key], clock or FakeClock(), report, baseline).wait(timeout)


def waits(reason: str, message: str = "") -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}}


def test_progress_is_reported_only_when_it_changes() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    clock = FakeClock(scenes={3: lambda: cluster.put(make_deployment(ready=1))})
    seen: list[str] = []

    wait(cluster, key, clock, seen)

    assert seen == ["for 1 of 1 replicas to be ready", "1 of 1 replicas ready"]
    assert clock.sleeps == 3


def test_an_object_that_appears_late_is_waited_for() -> None:
    cluster = FakeCluster()
    clock = FakeClock(scenes={2: lambda: cluster.put(make_deployment(ready=1))})
    seen: list[str] = []

    wait(cluster, ObjectKey("apps/v1", "Deployment", "shop", "shop"), clock, seen)

    assert seen == ["to appear", "1 of 1 replicas ready"]


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("ErrImageNeverPull", 'Container image "shop:1" is not present with pull policy of Never'),
        ("ImagePullBackOff", 'Back-off pulling image "shop:1"'),
        ("CreateContainerConfigError", 'configmap "absent" not found'),
    ],
)
def test_a_container_that_can_never_start_ends_the_wait_at_once(reason: str, message: str) -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    pod = make_pod(**waits(reason, message))
    cluster.put(pod)
    cluster.put(make_event(pod, "Failed", f"Error: {message}"))
    clock = FakeClock()

    with pytest.raises(ClusterError) as caught:
        wait(cluster, key, clock)

    assert caught.value.where == "deployment/shop"
    assert caught.value.found == f"pod shop-1, container app: {reason}: {message}"
    assert caught.value.hint
    assert caught.value.details == (f"event Failed: Error: {message}",)
    assert clock.sleeps == 0


def test_a_crash_shows_the_last_log_lines_of_the_process() -> None:
    cluster = FakeCluster(logs={("shop-2", "app"): ["Traceback", "PermissionError: [Errno 13] Permission denied"]})
    key = put_deployment(cluster)
    ended = {"terminated": {"reason": "Error", "exitCode": 1}}
    crashing = make_pod("shop-2", restartCount=1, lastState=ended, **waits("CrashLoopBackOff"))

    with pytest.raises(ClusterError) as caught:
        wait(cluster, key, FakeClock(scenes={1: lambda: cluster.put(crashing)}))

    assert "CrashLoopBackOff: Error, exit code 1, 1 restarts" in caught.value.found
    assert caught.value.details[-1] == "log app: PermissionError: [Errno 13] Permission denied"


def test_a_container_killed_for_memory_gets_the_hint_to_raise_its_limit() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    ended = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    crashing = make_pod(restartCount=1, lastState=ended, **waits("CrashLoopBackOff"))

    with pytest.raises(ClusterError, match=r"OOMKilled, exit code 137.*raise resources.limits.memory"):
        wait(cluster, key, FakeClock(scenes={1: lambda: cluster.put(crashing)}))


def test_a_failing_old_pod_does_not_fail_the_new_one() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster, revision=2)
    cluster.put(make_pod(revision=1, **waits("CreateContainerConfigError")))

    wait(cluster, key, FakeClock(scenes={6: lambda: cluster.put(make_deployment(ready=1, revision=2))}))


def test_before_the_controller_has_seen_the_change_no_pod_is_blamed() -> None:
    cluster = FakeCluster()
    cluster.put(make_replica_set(1))
    key = cluster.put(make_deployment(revision=2, seen=False))
    cluster.put(make_pod(revision=1, **waits("ErrImageNeverPull")))
    clock = FakeClock(scenes={5: lambda: put_deployment(cluster, ready=1, revision=2)})

    wait(cluster, key, clock)

    assert clock.sleeps == 5


def test_a_failure_from_before_the_deployment_is_no_evidence_against_it() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    cluster.objects[key]["status"]["conditions"] = [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]
    baseline = read_baseline(cluster, [key])

    wait(cluster, key, FakeClock(scenes={3: lambda: cluster.put(make_deployment(ready=1))}), baseline=baseline)


def test_an_event_counts_when_it_repeats_and_not_while_it_is_remembered() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    message = 'pods "shop-1-x" is forbidden: exceeded quota: small'
    cluster.put(make_event(make_replica_set(), "FailedCreate", message))
    baseline = read_baseline(cluster, [key])
    clock = FakeClock(
        scenes={10: lambda: cluster.put(make_event(make_replica_set(), "FailedCreate", message, version="2"))}
    )

    with pytest.raises(ClusterError, match="exceeded quota"):
        wait(cluster, key, clock, baseline=baseline)

    assert clock.sleeps >= 10


def unschedulable(message: str = "0/1 nodes are available: 1 Insufficient memory.") -> dict[str, Any]:
    pod = make_pod()
    pod["status"] = {
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}],
    }
    return pod


def test_a_pod_without_a_node_fails_the_rollout_once_there_was_time_to_make_room() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    cluster.put(unschedulable())
    cluster.put(make_event(unschedulable(), "FailedScheduling", "0/1 nodes are available: 1 Insufficient memory."))
    clock = FakeClock()

    with pytest.raises(ClusterError, match=r"Unschedulable: too little free memory.*make room") as caught:
        wait(cluster, key, clock, timeout=600)

    assert 30 <= clock.time < 40
    assert caught.value.details == ("event FailedScheduling: 0/1 nodes are available: 1 Insufficient memory.",)


def test_a_pod_whose_node_is_on_its_way_is_waited_for() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    cluster.put(unschedulable())
    cluster.put(make_event(unschedulable(), "TriggeredScaleUp", "pod triggered scale-up"))

    wait(cluster, key, FakeClock(scenes={150: lambda: cluster.put(make_deployment(ready=1))}), timeout=600)


def test_a_claim_that_nobody_serves_is_named() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    pod = unschedulable("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.")
    pod["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data-shop-0"}}]
    cluster.put(pod)
    claim = make_object("PersistentVolumeClaim", "data-shop-0")
    cluster.put(claim)
    cluster.put(make_event(claim, "FailedBinding", "no persistent volumes available and no storage class is set"))

    with pytest.raises(ClusterError, match=r"no storage class is set.*cluster\.storage_class"):
        wait(cluster, key)


def test_an_api_server_that_is_away_for_a_moment_is_waited_for() -> None:
    class Restarting(FakeCluster):
        is_away = True

        def get(self, key: ObjectKey) -> dict[str, Any] | None:
            if self.is_away:
                raise UnreachableClusterError("cluster", "does not answer")
            return super().get(key)

    cluster = Restarting()
    key = put_deployment(cluster, ready=1)

    wait(cluster, key, FakeClock(scenes={4: lambda: setattr(cluster, "is_away", False)}))

    cluster.is_away = True
    with pytest.raises(UnreachableClusterError):
        wait(cluster, key)


def test_a_host_path_of_the_wrong_kind_is_named() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    pod = make_pod(**waits("ContainerCreating"))
    cluster.put(pod)
    message = 'MountVolume.SetUp failed for volume "source" : hostPath type check failed: /home/a is not a directory'
    cluster.put(make_event(pod, "FailedMount", message))

    with pytest.raises(ClusterError, match="is not a directory"):
        wait(cluster, key)


def test_pods_that_a_policy_forbids_are_reported_from_the_replica_set() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    cluster.put(make_event(make_replica_set(), "FailedCreate", 'pods "shop-1-x" is forbidden: violates PodSecurity'))

    with pytest.raises(ClusterError, match="violates PodSecurity"):
        wait(cluster, key)


def test_a_timeout_names_what_is_awaited_with_events_and_log_lines() -> None:
    cluster = FakeCluster(logs={("shop-1", "app"): ["still warming up"]})
    key = put_deployment(cluster)
    pod = make_pod()
    cluster.put(pod)
    cluster.put(make_event(pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"))
    clock = FakeClock()

    with pytest.raises(ClusterError, match="is not complete after 10 s") as caught:
        wait(cluster, key, clock)

    assert caught.value.details == (
        "deployment/shop waits for 1 of 1 replicas to be ready",
        "deployment/shop: event Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503",
        "deployment/shop: log app: still warming up",
    )
    assert clock.time == 10


def test_a_failed_object_ends_the_wait() -> None:
    cluster = FakeCluster()
    item = make_deployment()
    item["status"]["conditions"] = [
        {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "too slow"}
    ]
    key = cluster.put(item)

    with pytest.raises(ClusterError, match="too slow"):
        wait(cluster, key)


def test_ready_objects_are_not_read_again() -> None:
    class Counted(FakeCluster):
        reads: ClassVar[list[str]] = []

        def get(self, key: ObjectKey) -> dict[str, Any] | None:
            self.reads.append(key.name)
            return super().get(key)

    cluster = Counted()
    keys = [cluster.put(make_deployment("early", ready=1)), cluster.put(make_deployment("late"))]
    clock = FakeClock(scenes={2: lambda: cluster.put(make_deployment("late", ready=1))})

    Rollout(cluster, keys, clock, print, NO_BASELINE).wait(10)

    assert cluster.reads == ["early", "late", "late", "late"]


def test_a_cause_that_may_pass_is_shown_while_it_is_waited_for() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    cluster.put(unschedulable())
    clock = FakeClock()
    clock.scenes[10] = lambda: cluster.put(make_pod(state={"running": {}}))
    clock.scenes[20] = lambda: cluster.put(make_deployment(ready=1))
    seen: list[str] = []

    wait(cluster, key, clock, seen)

    assert seen == [
        "for 1 of 1 replicas to be ready",
        "for 1 of 1 replicas to be ready (pod shop-1: Unschedulable: too little free memory (on the only node))",
        "for 1 of 1 replicas to be ready",
        "1 of 1 replicas ready",
    ]


def test_a_timeout_before_the_end_of_its_patience_has_the_fix_of_the_cause() -> None:
    cluster = FakeCluster()
    key = put_deployment(cluster)
    cluster.put(unschedulable())

    with pytest.raises(ClusterError, match=r"after 10 s .*too little free memory.*; make room .*; or raise --timeout"):
        wait(cluster, key)
