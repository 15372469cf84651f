"""What names only a variable of this machine gets a Secret: one for each part, and only where none is named."""

from __future__ import annotations

import json

from kubeglass.model.load import parse_pipeline
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.created_secrets import CreatedSecret, name_secrets
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.plan import compose, render_kubernetes

TEXT = """
apps:
  - name: shop
    module: shop:app
    secret_env:
      DATABASE_URL: {env: SHOP_DB}
      TOKEN: {env: SHOP_TOKEN, secret: {name: mine, key: token}}
    metrics_auth: {bearer: {env: SCRAPE_TOKEN}}
  - name: other
    target: 10.0.0.1:8000
    metrics_auth: {basic: {username: me, password: {env: OTHER_PASSWORD}}}
storage:
  remote: {url: 'https://x.example', auth: {header: {name: api-key, value: {env: VENDOR_KEY}}}}
cluster: {namespace: watch, app_namespace: apps}
"""


def references(pipeline: Pipeline, kind: str, name: str) -> dict[str, tuple[str, str]]:
    objects = [item for items in build(pipeline, compose(pipeline)).values() for item in items]
    item = next(item for item in objects if (item["kind"], item["metadata"]["name"]) == (kind, name))
    variables = item["spec"]["template"]["spec"]["containers"][0]["env"]
    keys = {each["name"]: each.get("valueFrom", {}).get("secretKeyRef") for each in variables}
    return {name: (key["name"], key["key"]) for name, key in keys.items() if key}


def test_each_part_gets_one_secret_with_the_variables_it_needs() -> None:
    _, created = name_secrets(parse_pipeline(TEXT))

    collectors = ("OTHER_PASSWORD", "SCRAPE_TOKEN", "VENDOR_KEY")
    assert created == [
        CreatedSecret("shop-env", "apps", "shop", "app", ("SHOP_DB",)),
        CreatedSecret("otel-collector-env", "watch", "otel-collector", "collector", collectors),
    ]


def test_every_pod_refers_to_its_own_and_named_secrets_stay() -> None:
    pipeline, _ = name_secrets(parse_pipeline(TEXT))

    assert references(pipeline, "Deployment", "shop") == {
        "DATABASE_URL": ("shop-env", "SHOP_DB"),
        "TOKEN": ("mine", "token"),
    }
    assert references(pipeline, "DaemonSet", "otel-collector") == {
        name: ("otel-collector-env", name) for name in ("VENDOR_KEY", "SCRAPE_TOKEN", "OTHER_PASSWORD")
    }


def test_a_long_name_makes_a_valid_one_of_its_own() -> None:
    texts = [f"apps: [{{name: {'a' * 62}{end}, module: 'a:b', secret_env: {{X: {{env: X}}}}}}]" for end in "xy"]
    names = [created[0].name for _, created in map(name_secrets, map(parse_pipeline, texts))]

    assert len(set(names)) == 2
    assert all(len(name) <= 63 and name.startswith("aaa") and name.endswith("-env") for name in names)


def test_nothing_is_created_where_every_secret_is_named() -> None:
    pipeline = parse_pipeline("apps: [{name: shop, module: 'shop:app', secret_env: {A: {secret: {name: s, key: k}}}}]")

    assert name_secrets(pipeline) == (pipeline, [])


def test_no_secret_is_rendered() -> None:
    pipeline, _ = name_secrets(parse_pipeline(TEXT))

    assert not any("kind: Secret\n" in file.content for file in render_kubernetes(pipeline))
    assert json.dumps(build(pipeline, compose(pipeline))).count('"kind": "Secret"') == 0
