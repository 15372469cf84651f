"""Every object of an app is in the app's namespace, and all that serves the app knows that namespace."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.model.load import parse_pipeline
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.created_secrets import name_secrets
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.plan import compose

TEXT = """
apps:
  - {name: shop, module: 'shop:app'}
  - name: bank
    namespace: money
    module: bank:app
    autoscale: {max: 3}
    ingress: {host: bank.example}
    secret_env: {KEY: {env: BANK_KEY}}
    metrics_auth: {bearer: {env: BANK_TOKEN, secret: {name: bank, key: token}}}
  - {name: mint, namespace: money, module: 'mint:app', host_path: {path: /srv/mint}, install: {}}
  - {name: far, target: '10.0.0.1:9000'}
cluster: {namespace: watch, app_namespace: apps}
"""


@pytest.fixture
def pipeline() -> Pipeline:
    return name_secrets(parse_pipeline(TEXT))[0]


def objects_of(pipeline: Pipeline) -> list[dict[str, Any]]:
    return [item for items in build(pipeline, compose(pipeline)).values() for item in items]


def places(pipeline: Pipeline, name: str) -> dict[str, str]:
    """Return the namespace of each object of that name, by its kind."""
    found = (item for item in objects_of(pipeline) if item["metadata"]["name"] == name)
    return {item["kind"]: item["metadata"].get("namespace", "") for item in found}


def test_every_object_of_an_app_is_in_its_namespace(pipeline: Pipeline) -> None:
    kinds = ("Deployment", "PodDisruptionBudget", "Service", "NetworkPolicy")

    assert places(pipeline, "shop") == dict.fromkeys(kinds, "apps")
    assert places(pipeline, "bank") == dict.fromkeys((*kinds, "HorizontalPodAutoscaler", "Ingress"), "money")
    assert places(pipeline, "mint") == dict.fromkeys(kinds, "money")
    assert places(pipeline, "kubeglass-library") == {"ConfigMap": "money"}


def test_a_created_secret_is_where_the_pods_are() -> None:
    _, created = name_secrets(parse_pipeline(TEXT))

    assert [(secret.name, secret.namespace) for secret in created] == [("bank-env", "money")]


def test_each_namespace_is_made_once_at_the_level_that_its_own_apps_need(pipeline: Pipeline) -> None:
    found = [item["metadata"] for item in objects_of(pipeline) if item["kind"] == "Namespace"]

    levels = {about["name"]: about["labels"]["pod-security.kubernetes.io/enforce"] for about in found}
    assert levels == {"watch": "privileged", "apps": "restricted", "money": "privileged"}
    assert "the source of mint is mounted" in found[-1]["annotations"]["kubernetes.io/description"]


def test_the_collector_may_read_pods_in_each_and_scrapes_each(pipeline: Pipeline) -> None:
    objects = objects_of(pipeline)
    roles = [item["metadata"]["namespace"] for item in objects if item["kind"] == "Role"]
    config = next(item for item in objects if item["metadata"]["name"] == "otel-collector-config")

    assert {"watch", "apps", "money"} <= set(roles)
    assert pipeline.scraped_namespaces == ("watch", "apps", "money")
    assert "regex: money;bank" in config["data"]["config.yaml"]


def test_the_apps_namespace_exists_although_no_app_is_there() -> None:
    text = "apps: [{name: shop, image: shop, namespace: own}]\ncluster: {namespace: watch, app_namespace: apps}"
    names = [item["metadata"]["name"] for item in objects_of(parse_pipeline(text)) if item["kind"] == "Namespace"]

    assert names == ["watch", "apps", "own"]
