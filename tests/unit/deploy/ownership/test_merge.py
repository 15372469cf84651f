"""What an apply makes of an object is computed as the server does: by owners, and lists by the keys of their items."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.ownership.merge import apply_locally, find, leaves, write_patch
from tests.unit.deploy.fake_cluster import make_object

ENV = ("f:spec", "f:env", 'k:{"name":"X"}')


def live(**spec: Any) -> dict[str, Any]:
    return make_object("Deployment", "a", api_version="apps/v1", spec=spec)


def fields(**spec: Any) -> list[tuple[str, ...]]:
    return list(leaves({"f:spec": {f"f:{name}": below for name, below in spec.items()}}))


ITEM: dict[str, Any] = {'k:{"name":"X"}': {".": {}, "f:name": {}, "f:value": {}}}


@pytest.mark.parametrize(
    ("before", "wanted", "ours", "others", "after"),
    [
        # A field that is no longer set goes, unless somebody else owns it too.
        ({"a": 1, "b": 2}, {"b": 3}, fields(a={}, b={}), [], {"b": 3}),
        ({"a": 1, "b": 2}, {"b": 3}, fields(a={}, b={}), fields(a={}), {"a": 1, "b": 3}),
        # What nobody of us owns stays.
        ({"a": 1, "b": {"c": 1}}, {"b": {"d": 1}}, fields(b={"f:d": {}}), [], {"a": 1, "b": {"c": 1, "d": 1}}),
        # A map that is owned as a whole is replaced as a whole.
        ({"b": {"c": 1}}, {"b": {"d": 1}}, fields(b={}), [], {"b": {"d": 1}}),
        # An item of a list is found by its keys, and what contradicts goes with its owner.
        (
            {"env": [{"name": "Y", "value": "1"}, {"name": "X", "value": "hand"}]},
            {"env": [{"name": "X", "valueFrom": {"secret": 1}}]},
            fields(env=ITEM),
            [],
            {"env": [{"name": "X", "valueFrom": {"secret": 1}}, {"name": "Y", "value": "1"}]},
        ),
        # An item that is no longer set goes.
        (
            {"env": [{"name": "Y", "value": "1"}, {"name": "X", "value": "1"}]},
            {"env": [{"name": "Y", "value": "1"}]},
            fields(env={**ITEM, 'k:{"name":"Y"}': {"f:value": {}}}),
            [],
            {"env": [{"name": "Y", "value": "1"}]},
        ),
        # A list without keys is replaced.
        ({"args": ["a", "b"]}, {"args": ["c"]}, fields(args={}), [], {"args": ["c"]}),
        # A key that is not set has the server's default.
        (
            {"ports": [{"port": 1, "protocol": "TCP", "name": "x"}]},
            {"ports": [{"port": 1}]},
            fields(ports={'k:{"port":1,"protocol":"TCP"}': {".": {}, "f:port": {}}}),
            [],
            {"ports": [{"port": 1, "protocol": "TCP", "name": "x"}]},
        ),
    ],
)
def test_an_apply_is_merged_as_the_server_merges(
    before: dict[str, Any], wanted: dict[str, Any], ours: Any, others: Any, after: dict[str, Any]
) -> None:
    assert apply_locally(live(**before), live(**wanted), ours, others)["spec"] == after


def test_a_value_of_a_set_goes() -> None:
    item = live()
    item["metadata"]["finalizers"] = ["a", "b"]
    owned = [("f:metadata", "f:finalizers", 'v:"a"')]

    assert apply_locally(item, live(), owned, [])["metadata"]["finalizers"] == ["b"]


def test_the_patch_holds_what_changes_and_nothing_of_the_servers() -> None:
    before, after = live(a=1), live(a=2)
    before["data"], after["stringData"] = {"x": "1"}, {"y": "1"}
    before["status"] = {"ready": True}
    after["metadata"] = {**after["metadata"], "labels": {"a": "b"}, "uid": "other"}

    operations = {operation["path"]: operation for operation in write_patch(before, after)}

    assert operations.pop("/data") == {"op": "remove", "path": "/data"}
    assert operations.pop("/stringData") == {"op": "add", "path": "/stringData", "value": {"y": "1"}}
    assert operations.pop("/spec") == {"op": "replace", "path": "/spec", "value": {"a": 2}}
    assert operations.pop("/metadata/labels")["value"] == {"a": "b"}
    assert not operations


def test_a_path_is_followed_through_items() -> None:
    item = live(env=[{"name": "X", "value": "1"}])

    assert find(item, (*ENV, "f:value")) == "1"
    assert find(item, (*ENV, "f:absent")) is None
