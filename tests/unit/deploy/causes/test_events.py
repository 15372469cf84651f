"""Only what happened to the present object counts, and only while it is not over."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.causes.events import describe_events, list_current_events
from tests.unit.deploy.fake_cluster import FakeCluster, make_event, make_object, make_pod


def at(second: int, about: dict[str, Any], reason: str, message: str = "") -> dict[str, Any]:
    return make_event(about, reason, message) | {"lastTimestamp": f"2026-11-29T19:00:{second:02}Z"}


def current(about: dict[str, Any], *events: dict[str, Any]) -> list[str]:
    cluster = FakeCluster()
    for event in events:
        cluster.put(event)
    return [event["reason"] for event in list_current_events(cluster, about)]


@pytest.mark.parametrize(("phase", "counts"), [("Pending", True), ("Bound", False), ("Lost", True)])
def test_what_was_said_of_a_claim_is_over_once_it_is_bound(phase: str, counts: bool) -> None:
    claim = make_object("PersistentVolumeClaim", "data", status={"phase": phase})

    assert current(claim, at(1, claim, "FailedBinding")) == (["FailedBinding"] if counts else [])


@pytest.mark.parametrize(
    ("failure", "success"),
    [
        ("FailedScheduling", "Scheduled"),
        ("FailedMount", "Pulling"),
        ("FailedMount", "Created"),
        ("FailedAttachVolume", "SuccessfulAttachVolume"),
        ("FailedCreatePodSandBox", "Pulled"),
    ],
)
def test_a_failure_is_over_after_the_step_that_it_prevented(failure: str, success: str) -> None:
    pod = make_pod()

    assert current(pod, at(1, pod, failure), at(2, pod, success)) == [success]
    assert current(pod, at(2, pod, failure), at(1, pod, success)) == [success, failure]


def test_a_failure_counts_as_long_as_it_is_repeated() -> None:
    pod = make_pod()
    repeated = make_event(pod, "FailedScheduling", "") | {
        "eventTime": "2026-11-29T19:00:01.123456Z",
        "series": {"count": 3, "lastObservedTime": "2026-11-29T19:00:03.000000Z"},
    }

    assert current(pod, repeated, at(2, pod, "Scheduled")) == ["Scheduled", "FailedScheduling"]


@pytest.mark.parametrize(("second", "counts"), [(1, False), (3, True)])
def test_an_event_from_before_the_present_spec_is_no_evidence(second: int, counts: bool) -> None:
    workload = make_object("StatefulSet", "prometheus", api_version="apps/v1")
    workload["metadata"]["managedFields"] = [
        {"manager": "kubeglass", "time": "2026-11-29T19:00:02Z", "fieldsV1": {"f:spec": {}}},
        {"manager": "kube-controller-manager", "time": "2026-11-29T19:00:09Z", "fieldsV1": {"f:status": {}}},
    ]

    assert current(workload, at(second, workload, "FailedCreate")) == (["FailedCreate"] if counts else [])


def test_the_same_refusal_of_many_pods_is_shown_once() -> None:
    maker = make_object("ReplicaSet", "shop-1", api_version="apps/v1")
    events = [at(1, maker, "FailedCreate", f'pods "shop-1-{name}" is forbidden') for name in ("abcde", "fghij")]

    assert describe_events(events) == ['event FailedCreate: pods "shop-1-fghij" is forbidden']
