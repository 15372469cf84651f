"""Why no node takes a pod, from the words of a real scheduler (1.34, and others where they differ)."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.causes.cause import BRIEF_PATIENCE, ROOM_PATIENCE
from kubeglass.deploy.causes.scheduler_messages import SCHEDULER_ROWS
from kubeglass.deploy.causes.scheduling import (
    NODE_PATIENCE,
    find_barrier,
    find_reasons,
    find_scheduling_failure,
    is_unschedulable,
)
from tests.unit.deploy.fake_cluster import make_pod

REST = ". no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found."
#: What the scheduler says of the only node, and what that means.
WORDS = {
    "Insufficient memory": "too little free memory",
    "Insufficient nvidia.com/gpu": "too little free nvidia.com/gpu",
    "Too many pods": "already as many pods as the node may run",
    "node(s) didn't match Pod's node affinity/selector": "not what the pod's node selector asks for",
    "node(s) had untolerated taint(s)": "has a taint that the pod does not tolerate",
    "node(s) had untolerated taint {dedicated: gpu}": "has a taint that the pod does not tolerate dedicated: gpu",
    "node(s) were unschedulable": "cordoned",
    "node(s) didn't have free ports for the requested pod ports": "another pod has host port 8080",
    "node(s) didn't find available persistent volumes to bind": "no free volume fits claim data-0",
    "node(s) didn't match PersistentVolume's node affinity": "the volume of claim data-0 is on another node",
    "node(s) had volume node affinity conflict": "the volume of claim data-0 is on another node",
    "node(s) had no available volume zone": "the volume of claim data-0 is in another zone",
    "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)": (
        "claim data-0 is bound to a volume that is gone"
    ),
    "node(s) did not have enough free storage": "too little free storage for claim data-0",
    "node(s) exceed max volume count": "as many volumes as the node can attach",
    "node(s) had no available disk": "another pod uses claim data-0, which admits only one",
    "node(s) didn't match pod affinity rules": "no pod that it must run beside",
    "node(s) didn't match pod anti-affinity rules": "a pod that it must not run beside",
    "node(s) didn't match pod topology spread constraints (missing required label)": "it must be spread more evenly",
}
#: What it says of the pod as a whole.
WHOLE = {
    "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found": (
        "claim data-0 has no volume yet"
    ),
    '0/4 nodes are available: persistentvolumeclaim "absent" not found. not found': "claim absent does not exist",
    '0/4 nodes are available: persistentvolumeclaim "old" is being deleted.': "claim old is being deleted",
    "no nodes available to schedule pods": "the cluster has no node",
    "Scheduling is blocked due to non-empty scheduling gates": "held back by its scheduling gates",
}


def make_pending(message: str = "", **spec: Any) -> dict[str, Any]:
    pod = make_pod()
    pod["spec"] |= {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-0"}}], **spec}
    pod["spec"]["containers"][0]["ports"] = [{"containerPort": 80, "hostPort": 8080}]
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    pod["status"] = {"phase": "Pending", "conditions": [condition]}
    return pod


def make_node(name: str, *taints: str, cordoned: bool = False, memory: str = "8Gi", **labels: str) -> dict[str, Any]:
    parts = [taint.partition(":") for taint in taints]
    spec = {
        "taints": [
            {"key": pair.partition("=")[0], "value": pair.partition("=")[2], "effect": effect}
            for pair, _, effect in parts
        ],
        "unschedulable": cordoned,
    }
    metadata = {"name": name, "labels": {"kubernetes.io/hostname": name, **labels}}
    return {"metadata": metadata, "spec": spec, "status": {"allocatable": {"memory": memory, "cpu": "4"}}}


@pytest.mark.parametrize(("message", "words"), WORDS.items())
def test_what_the_scheduler_says_of_a_node_is_said_in_plain_words(message: str, words: str) -> None:
    (reason,) = find_reasons(make_pending(), f"0/1 nodes are available: 1 {message}{REST}", [])

    assert (reason.words, reason.where) == (words, "on the only node")
    assert reason.fix


@pytest.mark.parametrize(("message", "words"), WHOLE.items())
def test_what_the_scheduler_says_of_the_pod_is_said_in_plain_words(message: str, words: str) -> None:
    (reason,) = find_reasons(make_pending(), message, [])

    assert (reason.words, reason.where) == (words, "")
    assert reason.fix


def test_every_row_has_a_message_here() -> None:
    messages = [*WORDS, *WHOLE, "node(s) had volume node affinity conflict"]

    unused = [row.pattern.pattern for row in SCHEDULER_ROWS if not any(map(row.pattern.search, messages))]

    assert unused == []


def test_several_reasons_on_several_nodes_are_all_named_with_their_fixes() -> None:
    message = (
        "0/4 nodes are available: 1 Insufficient cpu, 1 Too many pods, 1 node(s) had untolerated taint(s), 1 node(s)"
        " were unschedulable. no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not"
        " helpful for scheduling."
    )
    nodes = [
        make_node("a", "dedicated=gpu:NoSchedule", "example.com/arm:NoExecute"),
        make_node("b", cordoned=True),
        make_node("c"),
        make_node("d", "soft:PreferNoSchedule"),
    ]

    cause = find_scheduling_failure(make_pending(message), nodes)

    assert cause.message == (
        "pod shop-1: Unschedulable: taint dedicated=gpu:NoSchedule, example.com/arm:NoExecute, which the pod does not"
        " tolerate (node a); cordoned (node b); too little free cpu (on 1 of 4 nodes);"
        " already as many pods as the node may run (on 1 of 4 nodes)"
    )
    assert cause.hint == (
        "remove the taint (kubectl taint nodes a dedicated=gpu:NoSchedule- example.com/arm:NoExecute-);"
        " or allow pods again (kubectl uncordon b); or make room on the nodes, or ask for less (resources.requests in"
        " kubeglass.yaml); or remove pods or add a node"
    )
    assert cause.patience == ROOM_PATIENCE


SELECTOR = (
    "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 node(s) didn't match Pod's node affinity/selector"
    f"{REST}"
)


def test_a_node_that_does_not_exist_is_the_only_reason() -> None:
    pod = make_pending(SELECTOR, nodeSelector={"kubernetes.io/hostname": "absent"})

    cause = find_scheduling_failure(pod, [make_node("a"), make_node("b"), make_node("c", "x:NoSchedule")])

    assert cause.message == "pod shop-1: Unschedulable: no node is called absent (there is a, b, c)"
    assert "host_path.node" in cause.hint
    assert cause.patience == BRIEF_PATIENCE


def test_labels_that_no_node_has_are_named_with_the_command_that_sets_them() -> None:
    pod = make_pending(SELECTOR, nodeSelector={"disk": "ssd"})

    cause = find_scheduling_failure(pod, [make_node(name) for name in "abcde"])

    assert cause.message.endswith("no node has the labels disk=ssd (there is a, b, c and 2 more)")
    assert "kubectl label node NODE disk=ssd" in cause.hint


def test_of_the_nodes_that_the_pod_does_not_ask_for_nothing_matters() -> None:
    pod = make_pending(SELECTOR, nodeSelector={"kubernetes.io/hostname": "c"})

    cause = find_scheduling_failure(
        pod, [make_node("a", "y:NoSchedule"), make_node("b"), make_node("c", "x:NoSchedule")]
    )

    assert cause.message.endswith(": taint x:NoSchedule, which the pod does not tolerate (node c)")


def test_a_daemon_sets_pod_is_explained_by_its_own_node() -> None:
    field = {"key": "metadata.name", "operator": "In", "values": ["b"]}
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [field]}]}
        }
    }
    message = (
        "0/2 nodes are available: 1 Insufficient memory, 1 node(s) didn't match Pod's node affinity/selector" + REST
    )

    cause = find_scheduling_failure(make_pending(message, affinity=affinity), [make_node("a"), make_node("b")])

    assert cause.message == "pod shop-1: Unschedulable: too little free memory (on 1 of 2 nodes)"


def test_a_required_affinity_that_no_node_meets_is_named() -> None:
    terms = [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}]
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    message = f"0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector{REST}"

    cause = find_scheduling_failure(make_pending(message, affinity=affinity), [make_node("a")])

    assert cause.message.endswith("not what the pod's node selector asks for (on the only node)")


def test_a_request_that_no_node_could_ever_meet_is_not_told_to_make_room() -> None:
    pod = make_pending(f"0/2 nodes are available: 2 Insufficient memory{REST}")
    pod["spec"]["containers"][0]["resources"] = {"requests": {"memory": "64Gi"}}

    cause = find_scheduling_failure(pod, [make_node("a", memory="8Gi"), make_node("b", memory="9000Mi")])

    assert cause.message.endswith("it asks for more memory than any node has (64Gi; the largest node has 9000Mi)")
    assert "make room" not in cause.hint
    assert cause.patience == BRIEF_PATIENCE


def test_a_node_that_is_not_ready_is_given_time() -> None:
    pod = make_pending(f"0/1 nodes are available: 1 node(s) had untolerated taint(s){REST}")

    cause = find_scheduling_failure(pod, [make_node("a", "node.kubernetes.io/not-ready:NoSchedule")])

    assert cause.message.endswith("not usable now, taint node.kubernetes.io/not-ready:NoSchedule (node a)")
    assert cause.patience == NODE_PATIENCE


@pytest.mark.parametrize(
    ("toleration", "is_tolerated"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "x", "operator": "Exists"}, True),
        ({"key": "x", "value": "1"}, True),
        ({"key": "x", "value": "1", "effect": "NoSchedule"}, True),
        ({"key": "x", "value": "1", "effect": "NoExecute"}, False),
        ({"key": "x", "value": "2"}, False),
        ({"key": "y", "operator": "Exists"}, False),
    ],
)
def test_a_daemon_set_that_no_node_may_run_names_what_keeps_it_out(
    toleration: dict[str, str], is_tolerated: bool
) -> None:
    template = {"spec": {"containers": [], "tolerations": [toleration]}}

    barrier = find_barrier(template, [make_node("a", "x=1:NoSchedule")])

    assert (barrier is None) is is_tolerated
    if barrier:
        assert barrier.message == "no node may run it: taint x=1:NoSchedule, which the pod does not tolerate (node a)"


def test_a_pod_with_a_node_is_not_unschedulable() -> None:
    pod = make_pending()
    pod["status"]["conditions"][0]["status"] = "True"

    assert not is_unschedulable(pod)
