"""Created Secrets are filled from the environment, and pods start again when a value changes and only then."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from kubeglass.deploy.api.objects import is_ours
from kubeglass.deploy.release.created_secrets import fill_secrets, require_variables
from kubeglass.deploy.release.secret_data import ANNOTATION, SALT, stamp_secrets
from kubeglass.errors import ConfigError
from kubeglass.render.kubernetes.created_secrets import CreatedSecret
from tests.unit.deploy.fake_cluster import FakeCluster, make_object

WANTED = CreatedSecret("shop-env", "shop", "shop", "app", ("DB", "TOKEN"))
VALUES = {"DB": "postgres", "TOKEN": "hunter2", "HOME": "/root"}


def fill(cluster: FakeCluster, **changes: str) -> dict[str, Any]:
    (item,) = fill_secrets(cluster, [WANTED], {**VALUES, **changes}, pipeline="shop")
    cluster.put(dict(item))
    return dict(item)


def make_workload() -> dict[str, Any]:
    reference = {"name": "DB", "valueFrom": {"secretKeyRef": {"name": "shop-env", "key": "DB"}}}
    pod = {"containers": [{"name": "app", "env": [{"name": "A", "value": "b"}, reference]}]}
    spec = {"template": {"metadata": {"labels": {}}, "spec": pod}}
    return make_object("Deployment", "shop", api_version="apps/v1", spec=spec)


def digest(filled: dict[str, Any]) -> str:
    (marked, _), steps = stamp_secrets(FakeCluster(), [make_workload(), filled], pipeline="shop")
    annotations: dict[str, str] = marked["spec"]["template"]["metadata"]["annotations"]
    assert steps == []
    return annotations[ANNOTATION]


def test_a_secret_holds_the_named_variables_and_is_ours() -> None:
    item = fill(FakeCluster())

    decoded = {name: base64.b64decode(value).decode() for name, value in item["data"].items() if name != SALT}
    assert decoded == {"DB": "postgres", "TOKEN": "hunter2"}
    assert is_ours(item, "shop")


def test_the_same_values_give_the_same_secret_and_the_same_pods() -> None:
    cluster = FakeCluster()
    first, second = fill(cluster), fill(cluster)

    assert first == second
    assert digest(first) == digest(second)


def test_a_changed_value_gives_new_pods() -> None:
    cluster = FakeCluster()

    assert digest(fill(cluster)) != digest(fill(cluster, DB="mysql"))


def test_the_digest_cannot_be_computed_from_the_values_alone() -> None:
    assert digest(fill(FakeCluster())) != digest(fill(FakeCluster()))


def test_the_salt_of_a_strangers_secret_is_not_used() -> None:
    cluster = FakeCluster()
    cluster.put(make_object("Secret", "shop-env", pipeline="other", data={SALT: "c2FsdA=="}))

    (item,) = fill_secrets(cluster, [WANTED], VALUES, pipeline="shop")

    assert item["data"][SALT] != "c2FsdA=="


def test_variables_that_are_not_set_are_all_named_and_no_value_is() -> None:
    with pytest.raises(ConfigError) as caught:
        require_variables([WANTED], {"HOME": "hunter2"})

    assert caught.value.message == (
        "--create-secrets: cannot create what this machine does not have (not set: DB, TOKEN); set them: export DB=…"
    )
