"""A real scheduler finds no node on a cluster of several: each of its reasons is named with its node."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from kubeglass.deploy.causes.scheduling import awaits_another_look, find_scheduling_failure, is_unschedulable
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.waiting import wait_until

NAMESPACE = "no-node"
VOLUME, CLAIM = "elsewhere", "data"
LATE_VOLUME, LATE_CLAIM = "late", "waiting"
SIZE, MODES = {"storage": "1Gi"}, ["ReadWriteOnce"]
#: Nodes with one flaw each; ``far`` has a volume whose node is gone.
NODES: Mapping[str, dict[str, Any]] = {
    "tainted": {"spec": {"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}},
    "cordoned": {"spec": {"unschedulable": True}},
    "small": {"memory": "64Mi"},
    "crowded": {"pods": "0"},
}
ON_SMALL: Mapping[str, Any] = {"nodeSelector": {"kubernetes.io/hostname": "small"}}
#: What a pod asks for beside 1Gi of memory, and what is said about it.
PODS: Mapping[str, tuple[dict[str, Any], list[str]]] = {
    "plain": (
        {},
        [
            "taint dedicated=gpu:NoSchedule, which the pod does not tolerate (node tainted)",
            "cordoned (node cordoned)",
            "too little free memory (on 1 of 4 nodes)",
            "already as many pods as the node may run (on 1 of 4 nodes)",
        ],
    ),
    "absent": (
        {"nodeSelector": {"kubernetes.io/hostname": "absent"}},
        ["Unschedulable: no node is called absent (there is cordoned, crowded, small and 1 more)"],
    ),
    "labelled": ({"nodeSelector": {"disk": "ssd"}}, ["Unschedulable: no node has the labels disk=ssd"]),
    "held": ({"schedulingGates": [{"name": "example.com/hold"}]}, ["held back by its scheduling gates"]),
    "claimed": (
        {**ON_SMALL, "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "absent"}}]},
        ["claim absent does not exist"],
    ),
    "far": (
        {**ON_SMALL, "memory": "1Mi", "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": CLAIM}}]},
        [f"Unschedulable: the volume of claim {CLAIM} is on another node (on 1 of 4 nodes)"],
    ),
    "large": ({**ON_SMALL}, ["it asks for more memory than any node has (1Gi; the largest node has 64Mi)"]),
    "ported": (
        {**ON_SMALL, "memory": "1Mi", "port": 8080},
        ["Unschedulable: another pod has host port 8080 (on 1 of 4 nodes)"],
    ),
}


def make_node(
    name: str, *, memory: str = "8Gi", pods: str = "10", spec: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    sizes = {"cpu": "4", "memory": memory, "pods": pods}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": dict(spec or {}),
        "status": {"allocatable": sizes, "capacity": sizes},
    }


def make_pod(name: str, *, memory: str = "1Gi", port: int | None = None, **spec: Any) -> dict[str, Any]:
    ports = [] if port is None else [{"containerPort": port, "hostPort": port}]
    container = {"name": "app", "image": "x", "ports": ports, "resources": {"requests": {"memory": memory}}}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container], **spec}}


def make_volume(name: str, claim: str, **spec: Any) -> dict[str, Any]:
    volume = {
        "storageClassName": "by-hand",
        "capacity": SIZE,
        "accessModes": MODES,
        "hostPath": {"path": "/nowhere"},
        "claimRef": {"namespace": NAMESPACE, "name": claim},
        **spec,
    }
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": volume}


def make_claim(name: str, volume: str) -> dict[str, Any]:
    claim = {"storageClassName": "by-hand", "accessModes": MODES, "resources": {"requests": SIZE}, "volumeName": volume}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": claim}


def make_claimed_volume() -> list[dict[str, Any]]:
    term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["gone"]}]}
    only_there = {"required": {"nodeSelectorTerms": [term]}}
    return [make_volume(VOLUME, CLAIM, nodeAffinity=only_there), make_claim(CLAIM, VOLUME)]


def read(cluster: Cluster, *words: str) -> Any:
    return json.loads(cluster.kubectl("get", *words, "--output=json"))


def create(cluster: Cluster, *items: dict[str, Any]) -> None:
    document = {"apiVersion": "v1", "kind": "List", "items": list(items)}
    cluster.kubectl("create", "--filename=-", stdin=json.dumps(document))


@pytest.fixture(scope="module")
def causes(control_plane: Cluster) -> Iterator[dict[str, str]]:
    """What is said about each pod, by its name."""
    create(control_plane, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    create(control_plane, *(make_node(name, **flaw) for name, flaw in NODES.items()), *make_claimed_volume())
    bound = ("pvc", CLAIM, "--namespace", NAMESPACE)
    wait_until(lambda: read(control_plane, *bound)["status"]["phase"] == "Bound", "the volume")
    first = make_pod("first", memory="1Mi", port=8080, **ON_SMALL)
    create(control_plane, first)
    where = ("pod", "--namespace", NAMESPACE)
    wait_until(lambda: "nodeName" in read(control_plane, *where, "first")["spec"], "the pod that has the port")
    create(control_plane, *(make_pod(name, **asked) for name, (asked, _) in PODS.items()))
    wait_until(
        lambda: sum(map(is_unschedulable, read(control_plane, *where)["items"])) == len(PODS),
        "the scheduler's verdicts",
    )
    nodes = read(control_plane, "nodes")["items"]
    pods = [pod for pod in read(control_plane, *where)["items"] if is_unschedulable(pod)]
    yield {pod["metadata"]["name"]: find_scheduling_failure(pod, nodes).message for pod in pods}
    control_plane.kubectl("delete", "node", *NODES)
    control_plane.kubectl("delete", f"namespace/{NAMESPACE}", f"persistentvolume/{VOLUME}", "--wait=false")


@contextmanager
def busy_scheduler(cluster: Cluster) -> Iterator[None]:
    """Keep the scheduler from looking at anything."""
    (scheduler,) = [each for each in psutil.Process(cluster.pid).children() if each.name() == "kube-scheduler"]
    scheduler.suspend()
    try:
        yield
    finally:
        scheduler.resume()


@pytest.mark.parametrize("name", PODS)
def test_each_reason_is_named_with_its_node(causes: dict[str, str], name: str) -> None:
    missing = [words for words in PODS[name][1] if words not in causes[name]]

    assert missing == [], causes[name]


@pytest.mark.usefixtures("causes")
def test_a_volume_that_the_scheduler_has_not_seen_yet_is_waited_for(control_plane: Cluster) -> None:
    mounts = [{"name": "data", "persistentVolumeClaim": {"claimName": LATE_CLAIM}}]
    create(control_plane, make_claim(LATE_CLAIM, LATE_VOLUME))
    create(control_plane, make_pod("late", memory="1Mi", volumes=mounts, **ON_SMALL))

    def read_late(kind: str, name: str) -> Any:
        return read(control_plane, kind, name, "--namespace", NAMESPACE)

    wait_until(lambda: is_unschedulable(read_late("pod", "late")), "the scheduler's verdict")
    assert not awaits_another_look(read_late("pod", "late"), [read_late("pvc", LATE_CLAIM)])

    with busy_scheduler(control_plane):
        create(control_plane, make_volume(LATE_VOLUME, LATE_CLAIM))
        wait_until(lambda: read_late("pvc", LATE_CLAIM)["status"]["phase"] == "Bound", "the volume")
        pod = read_late("pod", "late")
        assert is_unschedulable(pod)
        assert "has no volume yet" in find_scheduling_failure(pod, []).message
        assert awaits_another_look(pod, [read_late("pvc", LATE_CLAIM)])

    wait_until(lambda: "nodeName" in read_late("pod", "late")["spec"], "the node")
    control_plane.kubectl("delete", f"persistentvolume/{LATE_VOLUME}", "--wait=false")
