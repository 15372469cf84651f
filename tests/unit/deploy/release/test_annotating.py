"""Annotations of other people's workloads: tried first, remembered, and taken off when they are not wanted any more."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from kubeglass.deploy.api.errors import error_for
from kubeglass.deploy.api.objects import OWNER, KubernetesObject, ObjectKey, key_of
from kubeglass.deploy.existing.annotations import manager_of, without_annotations
from kubeglass.deploy.release.annotating import annotate, rehearse_annotations, take_off
from kubeglass.deploy.release.apply import Applied, Change
from kubeglass.deploy.release.inventory import inventory_key, store_inventory
from tests.unit.deploy.fake_cluster import FakeCluster

BLOG = ObjectKey("apps/v1", "Deployment", "blog", "blogs")
NOTES = {"prometheus.io/scrape": "true"}
ITEM = {**without_annotations(BLOG), "spec": {"template": {"metadata": {"annotations": NOTES}}}}


@dataclass
class Merging(FakeCluster):
    """Merges the annotations of the pipeline's manager into the workload, as a server-side apply does."""

    refusal: dict[str, Any] = field(default_factory=dict)

    def apply(
        self, item: KubernetesObject, *, namespace: str, dry_run: bool = False, manager: str = OWNER, **_: Any
    ) -> dict[str, Any]:
        key = key_of(item, namespace=namespace)
        if key != BLOG:
            data = (self.get(key) or {}).get("data", {}) | item["data"]
            return super().apply({**item, "data": data}, namespace=namespace, dry_run=dry_run)
        assert manager == manager_of("shop")
        if self.refusal:
            raise error_for(str(key), self.refusal)
        self.calls.append(("dry-run" if dry_run else "apply", key))
        after = copy.deepcopy(self.objects[key])
        notes = item["spec"]["template"]["metadata"]["annotations"] if "spec" in item else {}
        after["spec"]["template"]["metadata"]["annotations"] = notes
        fields: dict[str, Any] = {
            "f:spec": {"f:template": {"f:metadata": {"f:annotations": {f"f:{name}": {} for name in notes}}}}
        }
        after["metadata"]["managedFields"] = [{"manager": manager, "fieldsV1": fields}]
        if not dry_run:
            self.objects[key] = after
        return after


def make_cluster() -> Merging:
    cluster = Merging()
    spec: dict[str, Any] = {"template": {"metadata": {}, "spec": {"containers": []}}}
    about = {"name": "blog", "namespace": "blogs"}
    cluster.put({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "spec": spec})
    store_inventory(cluster, [], "shop")
    return cluster


def deploy(
    cluster: Merging, *wanted: KubernetesObject, kept: frozenset[ObjectKey] = frozenset({BLOG})
) -> list[Applied]:
    told: list[Applied] = []
    steps = rehearse_annotations(cluster, wanted, kept, pipeline="shop")
    annotate(cluster, steps, pipeline="shop", force=False, tell=told.append)
    return told


def test_annotating_is_told_with_the_restart_and_done_once() -> None:
    cluster = make_cluster()

    (first,) = deploy(cluster, ITEM)
    (again,) = deploy(cluster, ITEM)

    assert (first.change, first.detail) == (Change.CHANGED, "only its prometheus.io annotations; restarts its pods")
    assert (again.change, again.detail) == (Change.UNCHANGED, "")
    assert cluster.calls.count(("apply", BLOG)) == 1


def test_a_later_deployment_keeps_them_until_the_app_leaves_the_definition() -> None:
    cluster = make_cluster()
    deploy(cluster, ITEM)
    store_inventory(cluster, [], "shop")

    assert deploy(cluster) == []
    (removed,) = deploy(cluster, kept=frozenset())

    assert removed.change is Change.CHANGED
    assert cluster.objects[BLOG]["spec"]["template"]["metadata"]["annotations"] == {}
    assert deploy(cluster, kept=frozenset()) == []


def test_a_rehearsal_changes_nothing_and_shows_the_restart() -> None:
    cluster = make_cluster()

    (step,) = rehearse_annotations(cluster, [ITEM], [BLOG], pipeline="shop")

    assert step.diff.startswith("# deployment/blog of namespace blogs: restarts its pods\n---")
    assert ("apply", BLOG) not in cluster.calls


def test_a_refusal_is_part_of_its_step() -> None:
    cluster = make_cluster()
    cluster.refusal = {"code": 403, "message": 'deployments.apps "blog" is forbidden: User "ann" cannot patch'}

    (step,) = rehearse_annotations(cluster, [ITEM], [BLOG], pipeline="shop")

    assert "lack the right to do this" in str(step.refusal)


def test_undeploy_takes_them_off() -> None:
    cluster, told = make_cluster(), list[Applied]()
    deploy(cluster, ITEM)

    take_off(cluster, pipeline="shop", tell=told.append)

    assert [applied.change for applied in told] == [Change.CHANGED]
    assert cluster.objects[BLOG]["spec"]["template"]["metadata"]["annotations"] == {}


def test_undeploy_without_the_right_says_the_command() -> None:
    cluster, told = make_cluster(), list[Applied]()
    deploy(cluster, ITEM)
    cluster.refusal = {"code": 403, "message": 'deployments.apps "blog" is forbidden: User "ann" cannot patch'}

    take_off(cluster, pipeline="shop", tell=told.append)

    assert [applied.change for applied in told] == [Change.ANNOTATED]
    assert told[0].detail.startswith("remove them: kubectl -n blogs patch deployment blog --type merge")


def test_a_workload_that_is_gone_is_forgotten() -> None:
    cluster = make_cluster()
    deploy(cluster, ITEM)
    cluster.delete(BLOG)

    assert deploy(cluster, kept=frozenset()) == []
    assert cluster.objects[inventory_key("shop")]["data"]["annotated.json"] == "[]"
