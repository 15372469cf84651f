"""An image of a version that does not accept what is rendered is refused before anything is rendered or applied."""

from __future__ import annotations

import pytest

from kubeglass.engines.engine import load_distribution
from kubeglass.errors import ConfigError
from kubeglass.model.load import parse_pipeline
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.engine_versions import check_versions, unknown_versions
from kubeglass.render.otelcol.config import build_cluster
from kubeglass.render.plan import render_kubernetes
from kubeglass.schemas.versions import known_versions

DIGEST = "@sha256:" + "0" * 64


def use(part: str, image: str) -> Pipeline:
    return parse_pipeline(f"apps: [{{name: shop, module: 'a:b'}}]\ncluster: {{images: {{{part}: '{image}'}}}}")


@pytest.mark.parametrize(
    ("part", "image", "found"),
    [
        ("collector", "otel/opentelemetry-collector-k8s:0.130.1", "0.130.1, at least 0.155.0"),
        ("collector", f"registry:5000/otel:v0.130.1-amd64{DIGEST}", "0.130.1, at least 0.155.0"),
        ("prometheus", "quay.io/prometheus/prometheus:v3.10.0", "3.10.0, at least 3.11.0"),
        ("prometheus", "prom/prometheus:v2.55.1-distroless", "2.55.1, at least 3.11.0"),
    ],
)
def test_an_image_that_is_too_old_is_refused_with_the_oldest_that_is_not(part: str, image: str, found: str) -> None:
    with pytest.raises(ConfigError) as refused:
        render_kubernetes(use(part, image))

    assert refused.value.message.startswith(f"cluster.images.{part}: is too old for what kubeglass renders for ")
    assert f"({found}); name an image of " in refused.value.message


@pytest.mark.parametrize(
    ("part", "image"),
    [
        *(("collector", f"otel/opentelemetry-collector-k8s:{version}") for version in known_versions()),
        ("collector", "otel/opentelemetry-collector-k8s:0.999.0"),
        ("prometheus", "prom/prometheus:v3.11.0"),
        ("prometheus", "prom/prometheus:v3.16.0"),
    ],
)
def test_what_is_rendered_fits_every_version_that_is_known(part: str, image: str) -> None:
    pipeline = use(part, image)

    assert render_kubernetes(pipeline)
    assert not unknown_versions(pipeline)


def test_a_key_that_the_version_does_not_know_is_named() -> None:
    pipeline = use("collector", "otel/opentelemetry-collector-k8s:0.165.0")
    config = build_cluster(pipeline)
    config["receivers"]["hostmetrics"] = {}
    config["exporters"]["otlp_http/prometheus"]["tme_out"] = "1s"

    with pytest.raises(ConfigError) as refused:
        check_versions(pipeline, config)

    said = "\n".join([refused.value.message, *refused.value.details])
    assert "cluster.images.collector: does not accept what kubeglass renders" in said
    assert "receivers.hostmetrics is the deprecated name of 'host_metrics'" in said
    assert "exporters.otlp_http/prometheus.tme_out is not a known key here" in said


@pytest.mark.parametrize("image", ["mine", "mine:latest", f"mine{DIGEST}", "registry:5000/mine", "mine:3"])
def test_an_image_whose_tag_names_no_version_is_said_to_be_unchecked(image: str) -> None:
    pipeline = use("prometheus", image)

    assert render_kubernetes(pipeline)
    assert unknown_versions(pipeline).startswith("cluster.images.prometheus: the tag names no version")


def test_the_oldest_versions_are_not_newer_than_the_pinned_ones() -> None:
    for name in ("otelcol", "prometheus"):
        distribution = load_distribution(name)
        assert tuple(map(int, distribution.oldest.split("."))) <= tuple(map(int, distribution.version.split(".")))
    assert load_distribution("otelcol").oldest == known_versions()[0]
