"""Why the API server admits no pod or claim, from the words of a real one (1.34)."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.causes.admission import ADMISSION_ROWS, ENDING_PATIENCE, explain_refusal
from tests.unit.deploy.fake_cluster import FakeCluster, make_object, make_pod, make_replica_set

POD = 'Error creating: pods "shop-1-x" is forbidden: '
EXCEEDED = (
    f"{POD}exceeded quota: small, requested: limits.memory=256Mi,pods=1, used: limits.memory=64Mi,pods=0, limited:"
    " limits.memory=300Mi,pods=5"
)
CLAIM = (
    "create Pod prometheus-0 in StatefulSet prometheus failed error: failed to create PVC data-prometheus-0:"
    ' persistentvolumeclaims "data-prometheus-0" is forbidden: '
)
#: What the controllers are told, and what that means.
WORDS = {
    EXCEEDED: (
        "ResourceQuota small has no room for the pod: it asks for limits.memory=256Mi,pods=1, in use"
        " limits.memory=64Mi,pods=0, limit limits.memory=300Mi,pods=5"
    ),
    f"{CLAIM}exceeded quota: small, requested: requests.storage=10Gi, used: requests.storage=0, limited:"
    " requests.storage=1Gi": (
        "ResourceQuota small has no room for the claim: it asks for requests.storage=10Gi, in use requests.storage=0,"
        " limit requests.storage=1Gi"
    ),
    f"{POD}failed quota: small: must specify limits.cpu for: app; requests.memory for: app": (
        "ResourceQuota small admits only containers that specify limits.cpu for: app; requests.memory for: app"
    ),
    f"{POD}[maximum cpu usage per Container is 50m, but limit is 100m, maximum memory usage per Container is 100Mi, but"
    " limit is 256Mi]": "LimitRange bounds allows a Container a maximum cpu of 50m, but the limit is 100m",
    f"{CLAIM}maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 10Gi": (
        "LimitRange bounds allows a PersistentVolumeClaim a maximum storage of 1Gi, but the request is 10Gi"
    ),
    f"{POD}minimum cpu usage per Container is 200m, but request is 100m": (
        "LimitRange bounds demands at least 200m cpu for a Container, but the request is 100m"
    ),
    f"{POD}maximum memory usage per Pod is 1Gi.  No limit is specified": (
        "LimitRange bounds bounds memory of a Pod by 1Gi, but no limit is set"
    ),
    f"{POD}memory max limit to request ratio per Pod is 1, but provided ratio is 2.000000": (
        "LimitRange bounds allows a Pod a limit of 1 times its memory request, but it is 2.000000 times"
    ),
    'Error creating: Pod "shop-1-x" is invalid: spec.containers[0].resources.requests: Invalid value: "100m": must be'
    " less than or equal to cpu limit of 50m": (
        "the cpu request of 100m is above the limit of 50m, which LimitRange bounds sets by default"
    ),
    f'{POD}violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true)': (
        "the namespace admits only pods of Pod Security level restricted: host namespaces (hostNetwork=true)"
    ),
    f'{POD}error looking up service account shop/absent: serviceaccount "absent" not found': (
        "service account absent does not exist"
    ),
    f"{POD}no PriorityClass with name absent was found": "priority class absent does not exist",
    'Error creating: Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post:'
    " dial tcp 10.0.0.1:443: connect: connection refused": "admission webhook a.example.com does not respond",
    'Error creating: admission webhook "a.example.com" denied the request: image must come from r.example.com': (
        "admission webhook a.example.com refused: image must come from r.example.com"
    ),
    f"{POD}ValidatingAdmissionPolicy 'tags' with binding 'tags-all' denied request: no latest tag": (
        "admission policy tags refused: no latest tag"
    ),
    f"{POD}unknown": f"{POD}unknown",
}


def make_bounded(**quota: dict[str, str]) -> FakeCluster:
    cluster = FakeCluster()
    cluster.put(make_object("LimitRange", "bounds"))
    hard = {"limits.memory": "300Mi", "requests.storage": "1Gi"}
    status = {"hard": hard, "used": {"limits.memory": "64Mi", "requests.storage": "0"}} | quota
    cluster.put(make_object("ResourceQuota", "small", status=status))
    return cluster


@pytest.mark.parametrize(("message", "words"), WORDS.items())
def test_what_the_server_answers_is_said_in_plain_words(message: str, words: str) -> None:
    cause = explain_refusal(make_bounded(), make_replica_set(), message)

    assert cause is not None
    assert cause.message == words
    assert cause.hint


def test_every_row_has_a_message_here() -> None:
    unused = [row.pattern.pattern for row in ADMISSION_ROWS if not any(map(row.pattern.search, WORDS))]

    assert unused == []


def test_the_fix_is_a_command_in_the_right_namespace() -> None:
    cause = explain_refusal(make_bounded(), make_replica_set(), EXCEEDED)

    assert cause is not None
    assert "kubectl edit resourcequota small -n shop" in cause.hint


@pytest.mark.parametrize(
    "quota", [{"hard": {"limits.memory": "400Mi"}}, {"used": {"limits.memory": "44Mi"}}], ids=["raised", "freed"]
)
def test_a_quota_that_has_room_by_now_is_not_blamed(quota: dict[str, Any]) -> None:
    assert explain_refusal(make_bounded(**quota), make_replica_set(), EXCEEDED) is None


def test_a_quota_or_limit_range_that_is_gone_is_not_blamed() -> None:
    assert explain_refusal(FakeCluster(), make_replica_set(), EXCEEDED) is None
    assert (
        explain_refusal(FakeCluster(), make_replica_set(), f"{POD}minimum cpu usage per Pod is 2, but request is 1")
        is None
    )


def test_pods_that_are_ending_are_given_time_to_free_the_quota() -> None:
    cluster = make_bounded()
    ending = make_pod("old")
    ending["metadata"]["deletionTimestamp"] = "2026-11-29T19:00:00Z"
    cluster.put(ending)

    cause = explain_refusal(cluster, make_replica_set(), EXCEEDED)

    assert cause is not None
    assert cause.patience == ENDING_PATIENCE


def test_without_the_right_to_read_quotas_what_the_server_said_counts() -> None:
    class Narrow(FakeCluster):
        def list_objects(self, api_version: str, kind: str, **narrowed: str) -> list[dict[str, Any]]:
            if kind in {"ResourceQuota", "LimitRange"}:
                raise ForbiddenError(kind, {})
            return super().list_objects(api_version, kind, **narrowed)

    minimum = f"{POD}minimum cpu usage per Container is 200m, but request is 100m"

    assert explain_refusal(Narrow(), make_replica_set(), EXCEEDED) is not None
    assert explain_refusal(Narrow(), make_replica_set(), minimum) is not None
