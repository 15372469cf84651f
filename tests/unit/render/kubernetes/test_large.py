"""The largest example reaches a cluster: every object can be stored, and every rule stands in some ConfigMap."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from kubeglass.model.load import parse_pipeline
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes import manifests
from kubeglass.render.plan import compose
from kubeglass.rules.registry import rule_groups

#: What a ConfigMap may hold at most: https://kubernetes.io/docs/concepts/configuration/configmap/#motivation
LARGEST = 1024 * 1024
APPS, ENDPOINTS, IN_ONE_APP = 50, 10, 200


@cache
def large() -> Pipeline:
    """50 apps with ten promised endpoints each, and one with 200 of them, whose names are long."""
    apps = [f"app-{number}" for number in range(APPS)]
    routes = [(app, f"/items{number}/<int:id>") for app in apps for number in range(ENDPOINTS)]
    routes += [("app-0", f"/{'long' * 25}/{number}") for number in range(IN_ONE_APP)]
    promises = ["availability: 99.9%", "latency: {threshold: 250ms, target: 99%}"]
    lines = ["apps:", *(f"  - {{name: {app}, module: 'a:b'}}" for app in apps), "objectives:"]
    lines += [f"  - {{app: {app}, endpoint: '{route}', {', '.join(promises)}}}" for app, route in routes]
    return parse_pipeline("\n".join(lines))


@cache
def maps() -> list[dict[str, Any]]:
    objects = manifests.build(large(), compose(large()))
    return [item for items in objects.values() for item in items if item["kind"] == "ConfigMap"]


def test_every_config_map_can_be_stored() -> None:
    sizes = {item["metadata"]["name"]: sum(len(text.encode()) for text in item["data"].values()) for item in maps()}

    assert {name: size for name, size in sizes.items() if size >= LARGEST} == {}


def test_every_group_of_rules_is_in_some_config_map() -> None:
    texts = [text for item in maps() for key, text in item["data"].items() if key.startswith("rules..")]
    names = [name for text in texts for name in re.findall(r"^  - name: (\S+)$", text, re.MULTILINE)]

    assert sorted(names) == sorted(group.name for group in rule_groups(large()))
