"""The inventory survives the way to the cluster and back, and names what is no longer rendered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.release.inventory import find_orphans, inventory_key, read_inventory, store_inventory
from kubeglass.errors import ClusterError
from tests.unit.deploy.fake_cluster import FakeCluster

NAMES = st.text("abcdefgh-", min_size=1, max_size=20)
KEYS = st.builds(
    ObjectKey,
    st.sampled_from(["v1", "apps/v1"]),
    st.sampled_from(["ConfigMap", "Deployment", "Namespace"]),
    NAMES,
    st.sampled_from(["", "shop"]),
)


@given(st.frozensets(KEYS))
def test_an_inventory_comes_back_as_it_was_written(keys: frozenset[ObjectKey]) -> None:
    cluster = FakeCluster()

    store_inventory(cluster, keys, "shop")

    assert read_inventory(cluster, "shop") == keys


@given(st.frozensets(KEYS), st.frozensets(KEYS))
def test_orphans_are_ours_unwanted_and_never_a_namespace(
    made: frozenset[ObjectKey], wanted: frozenset[ObjectKey]
) -> None:
    orphans = find_orphans(made, wanted)

    assert orphans <= made
    assert not orphans & wanted
    assert all(key.kind != "Namespace" for key in orphans)
    assert {key for key in made - wanted if key.kind != "Namespace"} == orphans


def test_no_inventory_is_an_empty_one() -> None:
    assert read_inventory(FakeCluster(), "shop") == frozenset()


@pytest.mark.parametrize("data", [{}, {"objects.json": "no json"}, {"objects.json": '[{"kind": "Pod"}]'}])
def test_an_inventory_changed_by_hand_is_refused(data: dict[str, str]) -> None:
    cluster = FakeCluster({inventory_key("shop"): {"kind": "ConfigMap", "data": data}})

    with pytest.raises(ClusterError, match="is not a valid inventory"):
        read_inventory(cluster, "shop")
