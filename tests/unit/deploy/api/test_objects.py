"""What others refer to is applied first, and deleted last."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kubeglass.deploy.api.objects import ObjectKey, rank_of, sort_for_apply, sort_for_deletion
from tests.unit.deploy.fake_cluster import make_object

KINDS = (
    "Namespace",
    "ServiceAccount",
    "ClusterRoleBinding",
    "ConfigMap",
    "Service",
    "StatefulSet",
    "DaemonSet",
    "Deployment",
)


def test_storage_comes_before_the_collector_and_the_collector_before_the_apps() -> None:
    ordered = sort_for_apply(make_object(kind, "a") for kind in reversed(KINDS))

    assert [item["kind"] for item in ordered] == list(KINDS)


def test_an_unknown_kind_comes_last() -> None:
    assert rank_of("Widget") > rank_of("Deployment")


@given(st.lists(st.sampled_from(KINDS)))
def test_deletion_is_the_reverse(kinds: list[str]) -> None:
    keys = [ObjectKey("v1", kind, f"a{index}", "shop") for index, kind in enumerate(kinds)]

    applied = [item["kind"] for item in sort_for_apply(make_object(kind, "a") for kind in kinds)]
    deleted = [key.kind for key in sort_for_deletion(keys)]

    assert deleted == applied[::-1]
