"""Which words of the kubelet and of the controllers mean that waiting is in vain."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.rollout.pod_failure import find_hopeless_event, find_pod_failures
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
        ({"reason": "FailedMount", "message": 'configmap "a" not found'}, False),
        ({"reason": "FailedCreate", "message": "pods are forbidden: exceeded quota"}, True),
        ({"reason": "FailedScheduling", "message": "0/1 nodes are available"}, False),
        ({"reason": "FailedBinding", "message": "no persistent volumes available and no storage class is set"}, True),
        ({"reason": "ProvisioningFailed", "message": 'storageclass.storage.k8s.io "fast" not found'}, True),
        ({"reason": "ProvisioningFailed", "message": "failed to provision volume: timed out"}, False),
    ],
)
def test_only_what_no_retry_changes_is_hopeless(event: dict[str, Any], hopeless: bool) -> None:
    assert bool(find_hopeless_event([event])) is hopeless
