"""Each kind says what it waits for, and is ready at exactly the status that means so."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.rollout.status import STATUS_READERS, State, read_progress


def workload(kind: str, status: dict[str, Any], *, replicas: int = 2, generation: int = 3) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "a", "generation": generation},
        "spec": {"replicas": replicas},
        "status": {"observedGeneration": generation, **status},
    }


def plain(kind: str, *, spec: dict[str, Any] | None = None, status: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec or {}, "status": status or {}}


def condition(kind: str, status: str = "True", **rest: str) -> dict[str, Any]:
    return {"type": kind, "status": status, **rest}


WAITING = [
    (workload("Deployment", {"updatedReplicas": 1}), "for 1 of 2 replicas to be updated"),
    (workload("Deployment", {"updatedReplicas": 2, "replicas": 3}), "for 1 old replicas to end"),
    (
        workload("Deployment", {"updatedReplicas": 2, "replicas": 2, "availableReplicas": 1}),
        "for 1 of 2 replicas to be ready",
    ),
    (workload("StatefulSet", {"readyReplicas": 1, "updatedReplicas": 2}), "for 1 of 2 replicas to be ready"),
    # One that has adopted the pods of an old one, and will replace the second of them.
    (
        workload(
            "StatefulSet", {"readyReplicas": 2, "updatedReplicas": 1, "updateRevision": "a", "currentRevision": "a"}
        ),
        "for 1 of 2 replicas to be updated",
    ),
    (workload("DaemonSet", {}), "for a node it may run on"),
    (
        workload("DaemonSet", {"desiredNumberScheduled": 3, "updatedNumberScheduled": 1}),
        "for 2 of 3 nodes to get the new pod",
    ),
    (
        workload("DaemonSet", {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 2}),
        "for 1 of 3 nodes' pods to be ready",
    ),
    (plain("PersistentVolumeClaim", status={"phase": "Pending"}), "for a volume of the default class"),
    (plain("PersistentVolumeClaim", spec={"storageClassName": "fast"}), "for a volume of storage class fast"),
    (plain("Namespace", status={"phase": "Terminating"}), "for the old namespace of that name to be gone"),
]

READY = [
    (workload("Deployment", {"updatedReplicas": 2, "replicas": 2, "availableReplicas": 2}), "2 of 2 replicas ready"),
    (workload("Deployment", {}, replicas=0), "0 of 0 replicas ready"),
    (workload("StatefulSet", {"readyReplicas": 2, "updatedReplicas": 2}), "2 of 2 replicas ready"),
    (
        workload("DaemonSet", {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3}),
        "ready on 3 of 3 nodes",
    ),
    (
        plain("Service", spec={"type": "NodePort", "clusterIP": "10.0.0.1", "ports": [{"nodePort": 30080}]}),
        "reachable on every node at port 30080",
    ),
    (plain("Service", spec={"clusterIP": "None"}), "has its address"),
    (
        plain("PersistentVolumeClaim", spec={"volumeName": "pv-1"}, status={"phase": "Bound"}),
        "bound to pv-1",
    ),
    (plain("Namespace", status={"phase": "Active"}), "active"),
    (plain("Ingress", spec={"rules": [{"host": "a.example"}]}), "http://a.example"),
    (
        plain(
            "Ingress",
            spec={"rules": [{"host": "a.example"}], "tls": [{"secretName": "a"}]},
            status={"loadBalancer": {"ingress": [{"ip": "10.0.0.7"}]}},
        ),
        "https://a.example (at 10.0.0.7)",
    ),
    (
        plain("HorizontalPodAutoscaler", spec={"minReplicas": 2, "maxReplicas": 6}, status={"currentReplicas": 4}),
        "2 to 6 pods, now 4",
    ),
    (
        plain(
            "HorizontalPodAutoscaler",
            spec={"minReplicas": 2, "maxReplicas": 6},
            status={"conditions": [condition("ScalingActive", "False", reason="FailedGet", message="no metrics")]},
        ),
        "2 to 6 pods, but it does not scale: no metrics",
    ),
    (plain("ConfigMap"), "stored"),
]

FAILED = [
    (
        workload(
            "Deployment",
            {"conditions": [condition("Progressing", "False", reason="ProgressDeadlineExceeded", message="timed out")]},
        ),
        "timed out",
    ),
    (plain("PersistentVolumeClaim", status={"phase": "Lost"}), "its volume is gone"),
]


@pytest.mark.parametrize(
    ("item", "state", "message"),
    [
        *((item, State.WAITING, message) for item, message in WAITING),
        *((item, State.READY, message) for item, message in READY),
        *((item, State.FAILED, message) for item, message in FAILED),
    ],
)
def test_an_object_says_where_it_stands(item: dict[str, Any], state: State, message: str) -> None:
    progress = read_progress(item)

    assert (progress.state, progress.message) == (state, message)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_a_status_of_an_older_generation_proves_nothing(kind: str) -> None:
    status = {
        "updatedReplicas": 2,
        "replicas": 2,
        "availableReplicas": 2,
        "readyReplicas": 2,
        "desiredNumberScheduled": 2,
        "updatedNumberScheduled": 2,
        "numberAvailable": 2,
    }
    item = workload(kind, status)
    assert read_progress(item).state is State.READY

    item["metadata"]["generation"] = 4

    assert read_progress(item).message == "for the controller to see the change"


def test_an_object_that_does_not_exist_yet_is_waited_for() -> None:
    assert read_progress(None).message == "to appear"


def test_every_kind_is_read_here() -> None:
    read = {item["kind"] for item, _ in (*WAITING, *READY, *FAILED)}

    assert set(STATUS_READERS) <= read
