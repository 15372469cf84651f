"""Where the cause of a delay is looked for: the maker, the nodes, the autoscaler, and the logs of both runs."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.causes.cause import BRIEF_PATIENCE, ROOM_PATIENCE, Cause
from kubeglass.deploy.causes.scheduler_messages import VOLUME_PATIENCE
from kubeglass.deploy.rollout.diagnosis import find_cause
from tests.unit.deploy.fake_cluster import FakeCluster, make_object, make_pod, put_deployment

NO_NODE = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."


class ReadersAlone(FakeCluster):
    """A cluster whose nodes and system namespace these credentials may not read."""

    def list_objects(self, api_version: str, kind: str, **narrowed: str) -> list[dict[str, Any]]:
        if kind == "Node":
            raise ForbiddenError("node list", {})
        return super().list_objects(api_version, kind, **narrowed)

    def get(self, key: Any) -> dict[str, Any] | None:
        if key.namespace == "kube-system":
            raise ForbiddenError(str(key), {})
        return super().get(key)


def make_cluster(pod: dict[str, Any], cluster: FakeCluster | None = None) -> FakeCluster:
    cluster = cluster or FakeCluster()
    put_deployment(cluster)
    node = make_object("Node", "a", spec={})
    node["metadata"] |= {"namespace": "", "labels": {"kubernetes.io/hostname": "a"}}
    cluster.put(node)
    cluster.put(pod)
    return cluster


def cause_in(cluster: FakeCluster) -> Cause | None:
    (workload,) = [item for key, item in cluster.objects.items() if key.kind in {"Deployment", "DaemonSet"}]
    return find_cause(cluster, workload, frozenset())


def make_unschedulable() -> dict[str, Any]:
    pod = make_pod()
    pod["spec"]["nodeSelector"] = {"kubernetes.io/hostname": "absent"}
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": NO_NODE}
    pod["status"] = {"phase": "Pending", "conditions": [condition]}
    return pod


def test_a_node_that_does_not_exist_is_named_by_the_cluster_s_nodes() -> None:
    cause = cause_in(make_cluster(make_unschedulable()))

    assert cause is not None
    assert "no node is called absent (there is a)" in cause.message
    assert cause.patience == BRIEF_PATIENCE


def test_without_the_right_to_read_nodes_the_scheduler_s_own_words_count() -> None:
    cause = cause_in(make_cluster(make_unschedulable(), ReadersAlone()))

    assert cause is not None
    assert "not what the pod's node selector asks for (on the only node)" in cause.message


def wait_for_volume(message: str, phase: str) -> FakeCluster:
    """A pod that the scheduler has found no volume for, and its claim as it is now."""
    pod = make_unschedulable()
    pod["spec"] = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}
    pod["status"]["conditions"][0]["message"] = message
    cluster = make_cluster(pod)
    cluster.put(make_object("PersistentVolumeClaim", "data", status={"phase": phase}))
    return cluster


MISSED_VOLUMES = [
    "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
    "0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind.",
    '0/1 nodes are available: persistentvolumeclaim "data" not found. not found',
]


@pytest.mark.parametrize("message", MISSED_VOLUMES)
def test_a_claim_that_was_bound_since_the_scheduler_looked_is_no_cause(message: str) -> None:
    assert cause_in(wait_for_volume(message, "Bound")) is None


@pytest.mark.parametrize("message", MISSED_VOLUMES)
def test_a_claim_that_is_not_bound_is_one(message: str) -> None:
    cause = cause_in(wait_for_volume(message, "Pending"))

    assert cause is not None
    assert "claim data" in cause.message


def test_a_volume_is_given_time_to_be_made() -> None:
    cause = cause_in(wait_for_volume(MISSED_VOLUMES[0], "Pending"))

    assert cause is not None
    assert cause.patience == VOLUME_PATIENCE


def test_a_pod_whose_claim_is_bound_and_that_fits_nowhere_has_a_cause() -> None:
    cause = cause_in(wait_for_volume("0/1 nodes are available: 1 Insufficient memory.", "Bound"))

    assert cause is not None
    assert "too little free memory" in cause.message


def test_an_autoscaler_is_given_time_to_make_a_node() -> None:
    cluster = make_cluster(make_unschedulable())
    cluster.put(make_object("ConfigMap", "cluster-autoscaler-status", namespace="kube-system"))

    cause = cause_in(cluster)

    assert cause is not None
    assert cause.patience == ROOM_PATIENCE


def test_karpenter_is_given_time_too() -> None:
    class WithKarpenter(FakeCluster):
        def read(self, path: str) -> dict[str, Any]:
            return {"groups": [{"name": "karpenter.sh"}]} if path == "/apis" else super().read(path)

    cause = cause_in(make_cluster(make_unschedulable(), WithKarpenter()))

    assert cause is not None
    assert cause.patience == ROOM_PATIENCE


def test_a_daemon_set_that_no_node_is_to_have_says_which_taint_keeps_it_out() -> None:
    cluster = FakeCluster()
    spec = {"selector": {"matchLabels": {"app": "shop"}}, "template": {"spec": {"containers": []}}}
    daemon_set = make_object("DaemonSet", "shop", api_version="apps/v1", spec=spec, status={})
    cluster.put(daemon_set)
    revision = make_object("ControllerRevision", "shop-1", api_version="apps/v1", revision=1)
    revision["metadata"]["labels"] |= {"app": "shop", "controller-revision-hash": "1"}
    revision["metadata"]["ownerReferences"] = [{"controller": True, "uid": "uid-shop"}]
    cluster.put(revision)
    cluster.put(make_object("Node", "a", namespace="", spec={"taints": [{"key": "x", "effect": "NoSchedule"}]}))

    cause = cause_in(cluster)

    assert cause is not None
    assert cause.message == "no node may run it: taint x:NoSchedule, which the pod does not tolerate (node a)"


KILLED = [f"[1] [ERROR] Worker (pid:{pid}) was sent SIGKILL! Perhaps out of memory?" for pid in (7, 9)]
MISSING = ["ModuleNotFoundError: No module named 'requests'"]


@pytest.mark.parametrize(
    ("container", "log", "words"),
    [
        ({"state": {"running": {}}}, KILLED, "out of memory"),
        ({"state": {"running": {}}}, MISSING, None),
        ({"state": {"running": {}}, "restartCount": 1}, MISSING, "it finds no module requests"),
        ({"state": {"terminated": {"exitCode": 1}}}, MISSING, "it finds no module requests"),
        (
            {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1}}},
            MISSING,
            "CrashLoopBackOff: Error, exit code 1, 0 restarts: it finds no module requests",
        ),
    ],
)
def test_the_log_of_a_container_that_is_not_ready_is_read(
    container: dict[str, Any], log: list[str], words: str | None
) -> None:
    cluster = make_cluster(make_pod(**container), FakeCluster(logs={("shop-1", "app"): log}))

    cause = cause_in(cluster)

    if words:
        assert cause is not None
        assert cause.message.startswith("pod shop-1, container app: ")
        assert words in cause.message
        assert cause.evidence[-1] == f"log app: {log[-1]}"
    else:
        assert cause is None


def test_the_log_of_a_pod_that_was_evicted_is_not_read() -> None:
    pod = make_pod(state={"terminated": {"exitCode": 137}})
    pod["status"]["phase"] = "Failed"

    assert cause_in(make_cluster(pod, FakeCluster(logs={("shop-1", "app"): MISSING}))) is None
