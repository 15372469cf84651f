"""What kubectl applied becomes the deployer's, and nobody else's fields do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.api.objects import ObjectKey, key_of
from kubeglass.deploy.ownership.managed_fields import find_kubectl_applied, take_over_fields, transfer_fields
from tests.unit.deploy.fake_cluster import FakeCluster, make_object


def entry(manager: str, operation: str, *fields: str, **rest: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": {f"f:{name}": {} for name in fields}, **rest}


KUBECTL = entry("kubectl-client-side-apply", "Update", "spec")
CONTROLLER = entry("kube-controller-manager", "Update", "status", subresource="status")


@dataclass
class BusyCluster(FakeCluster):
    """Refuses the first patches, because a controller was faster."""

    refusals: int = 0
    patches: list[Any] = field(default_factory=list)

    def patch(self, key: ObjectKey, operations: list[dict[str, Any]], *, dry_run: bool = False) -> dict[str, Any]:
        self.patches.append(operations)
        if len(self.patches) <= self.refusals:
            raise RefusedError(str(key), {"code": 409, "message": "the object has been modified"})
        return super().patch(key, operations, dry_run=dry_run)


def make_cluster(live: dict[str, Any], *, refusals: int = 0) -> BusyCluster:
    cluster = BusyCluster(refusals=refusals)
    cluster.put(live)
    return cluster


def make_live(*entries: dict[str, Any], pipeline: str = "shop") -> dict[str, Any]:
    live = make_object("ConfigMap", "config", pipeline=pipeline)
    live["metadata"] |= {"resourceVersion": "7", "managedFields": list(entries)}
    return live


def test_fields_of_kubectl_become_those_of_a_server_side_apply() -> None:
    assert transfer_fields([KUBECTL, CONTROLLER]) == [entry("kubeglass", "Apply", "spec"), CONTROLLER]


def test_fields_of_both_are_joined() -> None:
    ours = entry("kubeglass", "Apply", "data")

    (joined,) = transfer_fields([ours, KUBECTL])

    assert joined == entry("kubeglass", "Apply", "data", "spec")


def test_what_somebody_scaled_stays_theirs() -> None:
    scaled = entry("kubectl", "Update", "spec", subresource="scale")

    assert transfer_fields([scaled, CONTROLLER]) == [scaled, CONTROLLER]


def test_an_object_is_taken_over_once() -> None:
    live = make_live(KUBECTL)
    cluster = make_cluster(live)
    keys = find_kubectl_applied(cluster, [live], pipeline="shop")

    take_over_fields(cluster, keys[0], pipeline="shop")

    assert len(keys) == len(cluster.patches) == 1
    assert cluster.patches[0][1] == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    assert find_kubectl_applied(cluster, [live], pipeline="shop") == []


def test_another_pipelines_object_is_left_alone() -> None:
    live = make_live(KUBECTL, pipeline="other")

    assert find_kubectl_applied(make_cluster(live), [live], pipeline="shop") == []


def test_a_patch_that_loses_to_a_controller_is_tried_again() -> None:
    live = make_live(KUBECTL)
    cluster = make_cluster(live, refusals=2)

    take_over_fields(cluster, key_of(live), pipeline="shop")

    assert len(cluster.patches) == 3
    assert live["metadata"]["managedFields"][0]["manager"] == "kubeglass"


def test_a_server_that_keeps_refusing_is_believed() -> None:
    live = make_live(KUBECTL)

    with pytest.raises(RefusedError, match="modified"):
        take_over_fields(make_cluster(live, refusals=9), key_of(live), pipeline="shop")


def test_a_field_that_is_given_up_leaves_its_manager_and_nothing_else_does() -> None:
    edited: dict[str, Any] = {"f:spec": {"f:env": {'k:{"name":"X"}': {"f:value": {}}}, "f:paused": {}}}
    theirs = {**entry("kubectl-edit", "Update"), "fieldsV1": edited}
    path = ("f:spec", "f:env", 'k:{"name":"X"}', "f:value")

    ours, left = transfer_fields([entry("kubeglass", "Apply", "data"), theirs], [path])

    assert ours["fieldsV1"]["f:spec"] == {"f:env": {'k:{"name":"X"}': {"f:value": {}}}}
    assert left["fieldsV1"] == {"f:spec": {"f:paused": {}}}
