"""What kubectl applied becomes the deployer's, and nobody else's fields do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from kubeglass.deploy.objects import ObjectKey, key_of
from kubeglass.deploy.refusal import RefusedError
from kubeglass.deploy.takeover import find_kubectls, take_over, transfer_fields
from tests.unit.deploy.fake_cluster import make_object


def entry(manager: str, operation: str, *fields: str, **rest: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": {f"f:{name}": {} for name in fields}, **rest}


KUBECTL = entry("kubectl-client-side-apply", "Update", "spec")
CONTROLLER = entry("kube-controller-manager", "Update", "status", subresource="status")


@dataclass
class FakeServer:
    """Keeps one object; refuses the first patches."""

    live: dict[str, Any]
    refusals: int = 0
    patches: list[Any] = field(default_factory=list)

    def get(self, key: ObjectKey) -> dict[str, Any] | None:
        return self.live if key == key_of(self.live) else None

    def request(
        self, method: str, path: str, *, body: bytes | None = None, content_type: str = "", where: str = ""
    ) -> object:
        self.patches.append(json.loads(body or b""))
        if len(self.patches) <= self.refusals:
            raise RefusedError(where, {"code": 409, "message": "the object has been modified"})
        self.live["metadata"]["managedFields"] = self.patches[-1][0]["value"]
        return None


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
    server = FakeServer(make_live(KUBECTL))
    keys = find_kubectls(server, [server.live], pipeline="shop")

    take_over(server, keys, pipeline="shop")

    assert len(keys) == len(server.patches) == 1
    assert server.patches[0][1] == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    assert find_kubectls(server, [server.live], pipeline="shop") == []


def test_another_pipelines_object_is_left_alone() -> None:
    server = FakeServer(make_live(KUBECTL, pipeline="other"))

    assert find_kubectls(server, [server.live], pipeline="shop") == []


def test_a_controller_that_was_faster_is_no_obstacle() -> None:
    server = FakeServer(make_live(KUBECTL), refusals=2)

    take_over(server, [key_of(server.live)], pipeline="shop")

    assert len(server.patches) == 3


def test_a_server_that_goes_on_refusing_is_believed() -> None:
    server = FakeServer(make_live(KUBECTL), refusals=9)

    with pytest.raises(RefusedError, match="modified"):
        take_over(server, [key_of(server.live)], pipeline="shop")
