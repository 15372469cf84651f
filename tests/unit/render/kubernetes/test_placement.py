"""Every part's pods go where the definition says, and hold what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from kubeglass.model.load import parse_pipeline
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.plan import compose

EVERYWHERE = [{"operator": "Exists"}]
CONTROL_PLANE = {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"}
PARTS = ("shop", "prometheus", "grafana", "viewer")
TEXT = """
apps: [{{name: {app}, module: 'shop:app', {more}}}]
cluster: {{{cluster}}}
"""


def objects_of(*, app: str = "shop", more: str = "", cluster: str = "", rest: str = "") -> list[dict[str, Any]]:
    pipeline = parse_pipeline(TEXT.format(app=app, more=more, cluster=cluster) + rest)
    return [item for items in build(pipeline, compose(pipeline)).values() for item in items]


def pods_of(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        item["metadata"]["name"]: item["spec"]["template"]["spec"]
        for item in objects
        if "template" in item.get("spec", {})
    }


def test_by_default_only_collectors_run_on_tainted_nodes() -> None:
    pods = pods_of(objects_of())

    assert pods["otel-collector"]["tolerations"] == EVERYWHERE
    for part in PARTS:
        assert not {"tolerations", "nodeSelector", "priorityClassName"} & set(pods[part])


def test_one_line_places_every_part_and_collectors_stay_everywhere() -> None:
    placement = (
        "placement: {node_selector: {pool: web}, priority_class: high,"
        " tolerations: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]}"
    )
    pods = pods_of(objects_of(cluster=placement))

    for part in PARTS:
        assert pods[part]["nodeSelector"] == {"pool": "web"}
        assert pods[part]["tolerations"] == [CONTROL_PLANE]
        assert pods[part]["priorityClassName"] == "high"
    assert pods["otel-collector"]["tolerations"] == EVERYWHERE
    assert "nodeSelector" not in pods["otel-collector"]


def test_a_part_replaces_what_it_says_itself() -> None:
    pods = pods_of(
        objects_of(
            more="placement: {node_selector: {pool: apps}}",
            cluster="placement: {node_selector: {pool: web}, priority_class: high}",
            rest="storage: {placement: {priority_class: highest}}\ncollector: {placement: {priority_class: nodes}}\n",
        )
    )

    assert pods["shop"]["nodeSelector"] == {"pool": "apps"}
    assert pods["shop"]["priorityClassName"] == "high"
    assert pods["prometheus"]["nodeSelector"] == {"pool": "web"}
    assert pods["prometheus"]["priorityClassName"] == "highest"
    assert pods["otel-collector"]["priorityClassName"] == "nodes"
    assert pods["otel-collector"]["tolerations"] == EVERYWHERE


def test_a_source_on_one_node_is_found_within_the_chosen_ones() -> None:
    pods = pods_of(
        objects_of(more="host_path: {path: /srv/shop, node: one}", cluster="placement: {node_selector: {disk: ssd}}")
    )

    assert pods["shop"]["nodeSelector"] == {"disk": "ssd", "kubernetes.io/hostname": "one"}
    assert pods["viewer"]["nodeSelector"] == {"disk": "ssd"}


def test_every_container_gets_the_requests_and_limits_that_a_quota_asks_for() -> None:
    resources = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "200Mi"}}
    text = "resources: {requests: {cpu: 20m, memory: 64Mi}, limits: {cpu: 500m, memory: 200Mi}}"
    pods = pods_of(
        objects_of(
            more=text,
            cluster=f"viewer: {{{text}}}, grafana: {{{text}}}",
            rest=f"storage: {{{text}}}\ncollector: {{{text}}}\n",
        )
    )

    containers = [container for pod in pods.values() for container in pod["containers"]]
    assert len(containers) == 5
    assert all(container["resources"] == resources for container in containers)
    assert not any("initContainers" in pod for pod in pods.values())


@pytest.mark.parametrize("name", ["a" * 63, f"{'a-' * 31}b"])
def test_every_name_made_of_the_longest_ones_is_one_kubernetes_accepts(name: str) -> None:
    """https://kubernetes.io/docs/concepts/overview/working-with-objects/names/"""
    objects = objects_of(app=name, more="autoscale: {max: 3}", cluster=f"namespace: {name}, app_namespace: b{name[1:]}")

    for item in objects:
        limit = 63 if item["kind"] in {"Service", "Namespace"} else 253
        assert len(item["metadata"]["name"]) <= limit, item["metadata"]["name"]
        for key, value in _labels(item):
            assert re.fullmatch(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?", value), (key, value)
    for pod in pods_of(objects).values():
        names = [each["name"] for each in (*pod["containers"], *pod["volumes"])]
        assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", each) for each in names)


def _labels(value: Any) -> Iterator[tuple[str, str]]:
    """Yield every label and selector, wherever in an object it is."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"labels", "matchLabels"}:
                yield from inner.items()
            else:
                yield from _labels(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _labels(inner)
