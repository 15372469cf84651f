"""Which words of the kubelet and of the controllers mean that waiting is in vain."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.causes.pod_failure import (
    PROBE_PATIENCE,
    START_ROWS,
    describe_memory_limit,
    find_hopeless_event,
    find_pod_failures,
    find_probe_failure,
)
from tests.unit.deploy.fake_cluster import make_pod


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing", "ErrImagePull", ""])
def test_a_passing_state_is_not_a_failure(reason: str) -> None:
    assert find_pod_failures(make_pod(state={"waiting": {"reason": reason}})) == []


def test_a_running_container_is_not_a_failure_whatever_its_past() -> None:
    pod = make_pod(state={"running": {}}, restartCount=7, lastState={"terminated": {"exitCode": 1}})

    assert find_pod_failures(pod) == []


def test_an_init_container_counts_too() -> None:
    pod = make_pod(state={"running": {}})
    stuck = {"name": "first", "state": {"waiting": {"reason": "InvalidImageName", "message": "bad name"}}}
    pod["status"]["initContainerStatuses"] = [stuck]

    assert [failure.container for failure in find_pod_failures(pod)] == ["first"]


@pytest.mark.parametrize(
    ("event", "hopeless"),
    [
        ({"reason": "FailedMount", "message": "hostPath type check failed: /a is not a file"}, True),
        ({"reason": "FailedMount", "message": 'MountVolume.SetUp failed for volume "a" : secret "b" not found'}, True),
        (
            {
                "reason": "FailedMount",
                "message": 'MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32 Mounting command:'
                " mount Output: mount.nfs: access denied by server",
            },
            True,
        ),
        (
            {
                "reason": "FailedAttachVolume",
                "message": 'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node',
            },
            True,
        ),
        (
            {
                "reason": "FailedCreatePodSandBox",
                "message": 'plugin type="flannel" failed (add): open /run/flannel/subnet.env: no such file',
            },
            True,
        ),
        ({"reason": "FailedMount", "message": "Unable to attach or mount volumes: timed out waiting"}, False),
        ({"reason": "FailedScheduling", "message": "0/1 nodes are available"}, False),
        ({"reason": "FailedBinding", "message": "no persistent volumes available and no storage class is set"}, True),
        ({"reason": "ProvisioningFailed", "message": 'storageclass.storage.k8s.io "fast" not found'}, True),
        ({"reason": "ProvisioningFailed", "message": "failed to provision volume: timed out"}, False),
    ],
)
def test_only_what_no_retry_changes_is_hopeless(event: dict[str, Any], hopeless: bool) -> None:
    assert bool(find_hopeless_event(make_pod(), [event])) is hopeless


@pytest.mark.parametrize(("last", "is_named"), [("404", True), ("503", False)])
def test_a_program_that_answers_probes_wrongly_is_named_and_one_that_starts_is_not(last: str, is_named: bool) -> None:
    codes = ("503", "404", last)
    events = [
        {"reason": "Unhealthy", "message": f"Startup probe failed: HTTP probe failed with statuscode: {code}"}
        for code in codes
    ]

    failure = find_probe_failure(make_pod(), events)

    assert (failure is not None) is is_named
    if failure:
        assert failure.message == "pod shop-1: answers its Startup probe with 404"
        assert failure.patience == PROBE_PATIENCE


def test_a_program_that_the_startup_probe_gave_up_is_named() -> None:
    events = [
        {"reason": "Unhealthy", "message": "Startup probe failed: connection refused"},
        {"reason": "Killing", "message": "Container app failed startup probe, will be restarted"},
    ]

    failure = find_probe_failure(make_pod(), events)

    assert failure is not None
    assert "did not start in the time that its startup probe gives it" in failure.message


@pytest.mark.parametrize(
    ("annotation", "now"),
    [
        ("", "256Mi"),
        ("LimitRanger plugin set: memory limit for container app", "256Mi, the default of the namespace's LimitRange"),
        (
            "LimitRanger plugin set: cpu, memory request for container app; cpu, memory limit for container app",
            "256Mi, the default of the namespace's LimitRange",
        ),
        ("LimitRanger plugin set: memory request for container app; cpu limit for container app", "256Mi"),
    ],
)
def test_a_memory_limit_says_who_set_it(annotation: str, now: str) -> None:
    pod = make_pod()
    pod["spec"]["containers"][0]["resources"] = {"limits": {"memory": "256Mi"}}
    pod["metadata"]["annotations"] = {"kubernetes.io/limit-ranger": annotation}

    assert describe_memory_limit(pod, "app") == now


#: What a real kubelet with containerd says of a container that cannot start.
STARTS = {
    'failed to create containerd task: OCI runtime create failed: chdir to cwd ("/app") set in config.json failed:'
    " permission denied: unknown": "its user may not enter its folder /app",
    'OCI runtime create failed: exec: "python3": executable file not found in $PATH: unknown': (
        "its image has no python3"
    ),
    "container has runAsNonRoot and image will run as root (pod: shop)": "it may not run as root",
    "container has runAsNonRoot and image has non-numeric user (www), cannot verify user is non-root": (
        "its image's user www is not a number, so it may be root"
    ),
    "couldn't find key token in Secret shop/api": "Secret api has no key token",
}


@pytest.mark.parametrize(("message", "words"), STARTS.items())
def test_a_container_that_cannot_start_says_why_in_plain_words(message: str, words: str) -> None:
    refused = make_pod(state={"waiting": {"reason": "CreateContainerConfigError", "message": message}})
    ended = {"terminated": {"reason": "StartError", "exitCode": 128, "message": message}}
    crashed = make_pod(state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState=ended, restartCount=2)

    assert [failure.message for failure in (*find_pod_failures(refused), *find_pod_failures(crashed))] == [
        f"pod shop-1, container app: CreateContainerConfigError: {words}",
        f"pod shop-1, container app: CrashLoopBackOff: StartError: {words}, exit code 128, 2 restarts",
    ]
    assert [row.pattern.pattern for row in START_ROWS if not any(map(row.pattern.search, STARTS))] == []
