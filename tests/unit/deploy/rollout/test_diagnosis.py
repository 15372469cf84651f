"""Causes are found without waiting."""

from __future__ import annotations

from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.rollout.diagnosis import find_causes
from tests.unit.deploy.fake_cluster import FakeCluster, make_pod, put_deployment


def test_each_workload_that_cannot_become_ready_has_its_cause_without_waiting() -> None:
    cluster = FakeCluster()
    ready, stuck = put_deployment(cluster, "ready", ready=1), put_deployment(cluster, "stuck")
    waiting = {"waiting": {"reason": "InvalidImageName", "message": "bad name"}}
    cluster.put(make_pod("stuck-1", app="stuck", state=waiting))
    late = put_deployment(cluster, "late")
    progressing = {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    cluster.objects[late]["status"]["conditions"] = [progressing]

    causes = find_causes(cluster, [ready, stuck, late, ObjectKey("v1", "ConfigMap", "rules", "shop")])

    assert {key.name: cause.message for key, cause in causes.items()} == {
        "stuck": "pod stuck-1, container app: InvalidImageName: bad name",
        "late": "timed out",
    }
