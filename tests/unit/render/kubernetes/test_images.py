"""Which image each part runs, and what is left out when it has no image."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.model.load import parse_pipeline
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.plan import compose, render_kubernetes

APPS = "apps: [{name: shop, module: 'shop:app'}]\n"


def pipeline(images: str) -> Pipeline:
    return parse_pipeline(f"{APPS}cluster: {{images: {images}}}")


def images_of(pipeline: Pipeline) -> dict[str, str]:
    objects: list[dict[str, Any]] = [item for items in build(pipeline, compose(pipeline)).values() for item in items]
    return {
        item["metadata"]["name"]: item["spec"]["template"]["spec"]["containers"][0]["image"]
        for item in objects
        if "template" in item.get("spec", {})
    }


def header_of_the_whole(pipeline: Pipeline) -> str:
    return render_kubernetes(pipeline)[-1].content.partition("apiVersion")[0]


def test_official_images_are_pinned_to_a_version() -> None:
    images = images_of(pipeline("{}"))

    for name in ("otel-collector", "prometheus", "grafana"):
        repository, _, tag = images[name].partition("@")[0].rpartition(":")
        assert not repository.startswith("localhost/")
        assert tag.count(".") == 2


def test_a_cluster_without_a_registry_runs_what_kubeglass_builds() -> None:
    images = images_of(pipeline("{source: local}"))

    assert set(images) == {"shop", "otel-collector", "prometheus", "viewer"}
    assert {image.rpartition("/")[0] for image in images.values()} == {"localhost/kubeglass"}


def test_grafana_is_left_out_with_a_note_when_there_is_no_image_of_it() -> None:
    local = pipeline("{source: local}")

    assert "Grafana is left out: cluster.images.source is local" in header_of_the_whole(local)
    assert [file for file in render_kubernetes(local) if file.path.name == "grafana.yaml"] == []
    assert "grafana" not in {item["metadata"]["name"] for item in build(local, compose(local))["network-policy.yaml"]}


@pytest.mark.parametrize("images", ["{}", "{source: local, grafana: 'registry.example.org/grafana:1'}"])
def test_grafana_runs_without_a_note_where_there_is_an_image(images: str) -> None:
    wanted = pipeline(images)

    assert "grafana" in images_of(wanted)
    assert "left out" not in header_of_the_whole(wanted)


def test_nobody_is_told_about_a_grafana_that_was_switched_off() -> None:
    off = parse_pipeline(f"{APPS}cluster: {{images: {{source: local}}, grafana: {{enabled: false}}}}")

    assert "left out" not in header_of_the_whole(off)


def test_an_image_that_is_named_goes_before_any_source() -> None:
    images = images_of(pipeline("{source: local, collector: 'registry.example.org/otelcol:1'}"))

    assert images["otel-collector"] == "registry.example.org/otelcol:1"
