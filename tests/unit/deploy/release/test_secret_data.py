"""Pods carry the hash of the Secrets they read; a Secret that is missing or cannot be read is named."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from kubeglass.deploy.api.errors import error_for
from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.release.apply import Change
from kubeglass.deploy.release.secret_data import ANNOTATION, stamp_secrets
from tests.unit.deploy.fake_cluster import FakeCluster, make_object

ENV = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "shop", "key": "token"}}}


def make_app(**pod: Any) -> dict[str, Any]:
    container = {"name": "app", "env": pod.pop("env", []), "envFrom": pod.pop("envFrom", [])}
    template = {"metadata": {"labels": {}}, "spec": {"containers": [container], **pod}}
    return make_object("Deployment", "app", api_version="apps/v1", spec={"template": template})


def make_secret(name: str = "shop", **values: str) -> dict[str, Any]:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return make_object("Secret", name, data=data)


def read_stamp(cluster: FakeCluster, item: dict[str, Any], *more: dict[str, Any]) -> str:
    (stamped, *_), steps = stamp_secrets(cluster, [item, *more], pipeline="shop")
    assert [step.refusal for step in steps] == []
    return str(stamped["spec"]["template"]["metadata"].get("annotations", {}).get(ANNOTATION, ""))


def stamp(item: dict[str, Any], **values: str) -> str:
    cluster = FakeCluster()
    cluster.put(make_secret(**values))
    return read_stamp(cluster, item)


WAYS = {
    "env": make_app(env=[ENV]),
    "env-from": make_app(envFrom=[{"secretRef": {"name": "shop"}}]),
    "init": make_app(initContainers=[{"name": "init", "env": [ENV]}]),
    "volume": make_app(volumes=[{"name": "v", "secret": {"secretName": "shop"}}]),
    "projected": make_app(volumes=[{"name": "v", "projected": {"sources": [{"secret": {"name": "shop"}}]}}]),
}


@pytest.mark.parametrize("item", WAYS.values(), ids=WAYS)
def test_a_changed_value_changes_the_hash_however_the_pod_reads_it(item: dict[str, Any]) -> None:
    assert stamp(item, token="1") == stamp(item, token="1") != ""
    assert stamp(item, token="1") != stamp(item, token="2")


def test_a_key_that_the_pod_does_not_read_starts_no_new_pods() -> None:
    assert stamp(WAYS["env"], token="1", other="1") == stamp(WAYS["env"], token="1", other="2")
    assert stamp(WAYS["env-from"], token="1", other="1") != stamp(WAYS["env-from"], token="1", other="2")


def test_values_cannot_be_tried_out_without_the_uid_of_the_secret() -> None:
    hashes = set()
    for uid in ("one", "two"):
        theirs, cluster = make_secret(token="1"), FakeCluster()
        theirs["metadata"] |= {"labels": {}, "uid": uid}
        cluster.put(theirs)
        hashes.add(read_stamp(cluster, WAYS["env"]))

    assert len(hashes) == 2


def test_a_secret_that_the_release_makes_counts_as_it_will_be() -> None:
    made = make_object("Secret", "shop", stringData={"token": "1"})

    assert read_stamp(FakeCluster(), WAYS["env"], made) == stamp(WAYS["env"], token="1")


def test_pods_that_read_no_secret_are_left_as_they_are() -> None:
    item = make_app()

    assert stamp_secrets(FakeCluster(), [item], pipeline="shop") == ([item], [])


def test_an_optional_secret_may_be_missing() -> None:
    reference = {**ENV["valueFrom"]["secretKeyRef"], "optional": True}  # type: ignore[index]
    item = make_app(env=[{"name": "TOKEN", "valueFrom": {"secretKeyRef": reference}}])

    assert stamp_secrets(FakeCluster(), [item], pipeline="shop") == ([item], [])


@pytest.mark.parametrize(
    ("has_namespace", "words"),
    [
        (True, "create it: kubectl create secret generic shop --namespace shop --from-literal=token=VALUE"),
        (False, "create it: kubectl create namespace shop && kubectl create secret generic shop --namespace shop "),
    ],
)
def test_a_missing_secret_is_refused_with_the_command_that_creates_it(has_namespace: bool, words: str) -> None:
    cluster = FakeCluster()
    if has_namespace:
        cluster.put({**make_object("Namespace", "shop"), "metadata": {"name": "shop"}})

    _, (step,) = stamp_secrets(cluster, [WAYS["env"]], pipeline="shop")

    assert step.refusal is not None
    assert f"secret/shop in namespace shop: does not exist, and pods read it; {words}" in step.refusal.message


def test_a_missing_key_is_refused_with_the_command_that_adds_it() -> None:
    cluster = FakeCluster()
    cluster.put(make_secret(other="1"))

    _, (step,) = stamp_secrets(cluster, [WAYS["env"]], pipeline="shop")

    assert step.refusal is not None
    assert "lacks 'token', which pods read; add it: kubectl patch secret/shop" in step.refusal.message
    assert '{"stringData": {"token": "VALUE"}}' in step.refusal.message


def test_a_secret_that_may_not_be_read_is_named_and_its_pods_keep_their_hash() -> None:
    class Narrow(FakeCluster):
        def get(self, key: ObjectKey) -> dict[str, Any] | None:
            if key.kind == "Secret":
                raise error_for(str(key), {"code": 403, "message": 'User "x" cannot get resource "secrets"'})
            return super().get(key)

    cluster = Narrow()
    live = make_app(env=[ENV])
    live["spec"]["template"]["metadata"]["annotations"] = {ANNOTATION: "before"}
    cluster.put(live)

    (stamped,), (step,) = stamp_secrets(cluster, [WAYS["env"]], pipeline="shop")

    assert stamped["spec"]["template"]["metadata"]["annotations"][ANNOTATION] == "before"
    assert step.refusal is None
    assert step.change is Change.UNREAD
    assert str(step.key) == "secret/shop"
