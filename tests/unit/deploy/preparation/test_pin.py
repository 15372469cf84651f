"""What was built here is named by its content; what was not stays as it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import pytest

from kubeglass.deploy.preparation.pin import pin_images
from kubeglass.images.archive import ArchivedImage
from tests.unit.deploy.fake_cluster import FakeCluster

SHOP = "localhost/kubeglass/shop:1"
DIGEST = "sha256:0123456789abcdef"
BUILT = ArchivedImage(Path("shop.tar"), SHOP, DIGEST, 1, (1,), "amd64")


def deployment(image: str) -> dict[str, Any]:
    container = {"name": "app", "image": image}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop", "namespace": "apps"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }


def image_of(item: Any) -> str:
    image: str = item["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


def test_an_image_that_was_built_here_is_named_by_its_content() -> None:
    rendered = deployment(SHOP)

    (pinned,) = pin_images(FakeCluster(), [rendered], [BUILT])

    assert image_of(pinned) == f"{SHOP}-0123456789ab"
    assert image_of(rendered) == SHOP


@pytest.mark.parametrize(
    ("running", "expected"),
    [
        (f"{SHOP}-fedcba987654", f"{SHOP}-fedcba987654"),
        (f"{SHOP}-somethingelse", SHOP),
        ("localhost/kubeglass/shop:0-fedcba987654", SHOP),
        ("registry.example.org/shop:2", SHOP),
    ],
)
def test_what_was_built_elsewhere_goes_on_running(running: str, expected: str) -> None:
    cluster = FakeCluster()
    cluster.put(deployment(running))

    (kept,) = pin_images(cluster, [deployment(SHOP)], [])

    assert image_of(kept) == expected


def test_the_first_deployment_of_what_was_built_elsewhere_takes_the_usual_name() -> None:
    assert image_of(pin_images(FakeCluster(), [deployment(SHOP)], [])[0]) == SHOP


def test_others_images_are_left_alone_and_not_asked_for() -> None:
    class Unread(FakeCluster):
        def get(self, key: Any) -> NoReturn:
            raise AssertionError(key)

    official = deployment("quay.io/prometheus/prometheus:v3")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}}

    assert pin_images(Unread(), [official, namespace], [BUILT]) == [official, namespace]
