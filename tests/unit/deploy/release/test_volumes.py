"""A volume with samples grows or stays; a claim that holds nothing is recreated."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kubeglass.deploy.api.errors import error_for
from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.release.volumes import ClaimChange, Way, check_claim, drop, expand, plan_claims
from kubeglass.errors import ClusterError
from tests.unit.deploy.fake_cluster import FakeClock, FakeCluster, make_object

KEY = ObjectKey("v1", "PersistentVolumeClaim", "data-prometheus-0", "shop")
EXPANDING, LOCAL = "driver.example.com", "rancher.io/local-path"


class Storage(FakeCluster):
    """Refuses to resize a claim unless its driver expands volumes."""

    def patch(self, key: ObjectKey, operations: list[dict[str, Any]], *, dry_run: bool = False) -> dict[str, Any]:
        if self.objects[key]["metadata"]["annotations"]["volume.kubernetes.io/storage-provisioner"] != EXPANDING:
            raise error_for(str(key), {"code": 403, "message": "only dynamically provisioned pvc can be resized"})
        return super().patch(key, operations, dry_run=dry_run)


def make_claim(*, bound: bool = True, driver: str = "slow.example.com", size: str = "8Gi") -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": size}}}
    volume = {"volumeName": "pv-1"} if bound else {}
    claim = make_object("PersistentVolumeClaim", KEY.name, spec={**spec, **volume}, status={"capacity": {}})
    claim["metadata"]["annotations"] = {"volume.kubernetes.io/storage-provisioner": driver}
    return claim


def make_set(size: str, storage_class: str | None = "fast") -> dict[str, Any]:
    named = {} if storage_class is None else {"storageClassName": storage_class}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **named}
    template = {"metadata": {"name": "data"}, "spec": spec}
    return make_object("StatefulSet", "prometheus", spec={"volumeClaimTemplates": [template]})


def plan(claim: dict[str, Any], wanted: dict[str, Any]) -> list[Way]:
    cluster = Storage()
    cluster.put(claim)
    cluster.put(make_object("PersistentVolumeClaim", "data-prometheus-other-0", spec=claim["spec"]))
    before = copy.deepcopy(cluster.objects)
    ways = [change.way for change in plan_claims(cluster, make_set("8Gi"), wanted)]
    assert cluster.objects == before
    return ways


@pytest.mark.parametrize(
    ("claim", "wanted", "ways"),
    [
        (make_claim(driver=EXPANDING), make_set("16Gi"), [Way.EXPAND]),
        (make_claim(driver=LOCAL), make_set("16Gi"), [Way.KEEP]),
        (make_claim(driver=LOCAL), make_set("4Gi"), [Way.KEEP]),
        (make_claim(size="16Gi"), make_set("16Gi"), []),
        (make_claim(size="8192Mi"), make_set("8Gi"), []),
        (make_claim(size="8e9"), make_set("8G"), []),
        (make_claim(), make_set("8Gi", None), []),
        (make_claim(bound=False), make_set("8Gi", "other"), [Way.RECREATE]),
        (make_claim(bound=False), make_set("8Gi", None), [Way.RECREATE]),
        (make_claim(bound=False), make_set("16Gi"), [Way.RECREATE]),
    ],
    ids=[
        "grow",
        "folder",
        "smaller-folder",
        "done",
        "spelling",
        "exponent",
        "default",
        "class",
        "no-class",
        "unbound-size",
    ],
)
def test_what_can_be_done_is_planned(claim: dict[str, Any], wanted: dict[str, Any], ways: list[Way]) -> None:
    assert plan(claim, wanted) == ways


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (make_set("4Gi"), "a volume cannot shrink .it is 8Gi, not 4Gi.; set storage.volume: 8Gi to keep"),
        (
            make_set("16Gi"),
            "does not let the volume grow .it is 8Gi, not 16Gi, of class fast.; set storage.volume: 8Gi",
        ),
        (make_set("8Gi", "other"), "its storage class is fast, not other.; set cluster.storage_class: fast to keep it"),
    ],
    ids=["shrink", "grow", "class"],
)
def test_what_cannot_be_done_is_refused_with_a_way_out(wanted: dict[str, Any], words: str) -> None:
    with pytest.raises(ClusterError, match=words):
        plan(make_claim(), wanted)


def test_a_claim_that_the_release_names_itself_is_replaced_only_while_it_holds_nothing() -> None:
    cluster, wanted = Storage(), make_claim(size="16Gi")

    check_claim(cluster, make_claim(bound=False), wanted)
    cluster.put(make_claim())
    with pytest.raises(ClusterError, match="does not let the volume grow"):
        check_claim(cluster, make_claim(), wanted)


def test_expanding_ends_when_the_volume_has_the_size() -> None:
    cluster = Storage()
    cluster.put(make_claim(driver=EXPANDING))

    def grow() -> None:
        cluster.objects[KEY]["status"]["capacity"]["storage"] = "16Gi"

    clock = FakeClock(scenes={3: grow})
    expand(cluster, ClaimChange(KEY, Way.EXPAND, "8Gi", "16Gi"), timeout=10, clock=clock)

    assert cluster.objects[KEY]["spec"]["resources"]["requests"]["storage"] == "16Gi"
    assert clock.sleeps == 3


def test_an_expansion_that_does_not_end_is_an_error() -> None:
    cluster = Storage()
    cluster.put(make_claim(driver=EXPANDING))

    with pytest.raises(ClusterError, match=r"is not expanded after 5 s .it is 16Gi"):
        expand(cluster, ClaimChange(KEY, Way.EXPAND, "8Gi", "16Gi"), timeout=5, clock=FakeClock())


def test_a_claim_that_was_bound_meanwhile_is_kept() -> None:
    cluster = Storage()
    cluster.put(make_claim())

    with pytest.raises(ClusterError, match="has been bound meanwhile"):
        drop(cluster, ClaimChange(KEY, Way.RECREATE, "8Gi", "16Gi"), timeout=5, clock=FakeClock())

    assert KEY in cluster.objects
