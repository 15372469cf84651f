"""Who sets the number of pods, in the manifests: nobody twice."""

from __future__ import annotations

from typing import Any

from kubeglass.model.load import parse_pipeline
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.plan import compose
from kubeglass.rules.alerts import groups


def objects_of(app: str) -> dict[str, dict[str, Any]]:
    pipeline = parse_pipeline(f"apps:\n  - name: shop\n    module: shop:app\n    {app}\n")
    return {item["kind"]: item for item in build(pipeline, compose(pipeline))["python-app.yaml"]}


def test_a_fixed_number_is_written_and_nothing_scales() -> None:
    objects = objects_of("replicas: 3")

    assert objects["Deployment"]["spec"]["replicas"] == 3
    assert "HorizontalPodAutoscaler" not in objects


def test_a_number_left_open_is_not_written() -> None:
    objects = objects_of("replicas: null")

    assert "replicas" not in objects["Deployment"]["spec"]
    assert "HorizontalPodAutoscaler" not in objects


def test_an_autoscaler_measures_the_apps_container_alone() -> None:
    objects = objects_of("autoscale: {max: 6, cpu: 60%, memory: 80%}")
    spec = objects["HorizontalPodAutoscaler"]["spec"]

    assert "replicas" not in objects["Deployment"]["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 6)
    measured = [metric["containerResource"] for metric in spec["metrics"]]
    assert [(each["name"], each["target"]["averageUtilization"]) for each in measured] == [("cpu", 60), ("memory", 80)]
    containers = objects["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert {each["container"] for each in measured} == {container["name"] for container in containers}


def test_it_removes_pods_only_after_a_calm_and_never_most_of_them() -> None:
    down = objects_of("autoscale: {max: 6}")["HorizontalPodAutoscaler"]["spec"]["behavior"]["scaleDown"]

    assert down["stabilizationWindowSeconds"] == 300
    assert max(each["value"] for each in down["policies"] if each["type"] == "Percent") <= 50


def test_silence_is_alerted_on_unless_there_are_no_pods_on_purpose() -> None:
    for scaling, alerted in (("replicas: 0", False), ("replicas: null", True), ("autoscale: {max: 3}", True)):
        pipeline = parse_pipeline(f"apps: [{{name: shop, module: 'shop:app', {scaling}}}]")
        names = [getattr(rule, "alert", "") for group in groups(pipeline) for rule in group.rules]
        assert ("NoData" in names) is alerted, scaling
