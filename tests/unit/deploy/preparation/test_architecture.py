"""An image that was built here goes to nodes that can run it, or is refused before anything changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.preparation.pin import pin_images
from kubeglass.errors import ClusterError
from kubeglass.images.archive import ArchivedImage
from tests.unit.deploy.fake_cluster import FakeCluster, make_object

SHOP = "localhost/kubeglass/shop:1"
BUILT = ArchivedImage(Path("shop.tar"), SHOP, "sha256:0123456789abcdef", 1, (1,), "amd64")


def workload(kind: str = "Deployment", image: str = SHOP, selector: dict[str, str] | None = None) -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [{"name": "app", "image": image}]}
    return make_object(kind, "shop", spec={"template": {"spec": {**spec, "nodeSelector": selector or {}}}})


def nodes(**architectures: str) -> FakeCluster:
    cluster = FakeCluster()
    for name, architecture in architectures.items():
        status = {"nodeInfo": {"architecture": architecture} if architecture else {}}
        cluster.put(make_object("Node", name, namespace="", status=status))
    return cluster


def selector_of(item: Any) -> Any:
    return item["spec"]["template"]["spec"]["nodeSelector"]


@pytest.mark.parametrize("cluster", [nodes(), nodes(laptop="amd64"), nodes(laptop="amd64", pi="arm64"), nodes(new="")])
def test_pods_go_to_nodes_of_their_image_s_architecture(cluster: FakeCluster) -> None:
    (pinned,) = pin_images(cluster, [workload(selector={"disk": "ssd"})], [BUILT])

    assert selector_of(pinned) == {"disk": "ssd", "kubernetes.io/arch": "amd64"}


def test_an_image_from_elsewhere_goes_anywhere() -> None:
    (pinned,) = pin_images(nodes(pi="arm64"), [workload(image="quay.io/prometheus/prometheus:v3")], [BUILT])

    assert selector_of(pinned) == {}


def test_an_image_that_no_node_can_run_is_refused() -> None:
    with pytest.raises(ClusterError) as refusal:
        pin_images(nodes(pi="arm64"), [workload()], [BUILT])

    assert refusal.value.message == (
        f"deployment/shop: its image can run on no node ({SHOP} is amd64, node pi is arm64); build it for the node: "
        "kubeglass images build shop --platform linux/arm64"
    )


def test_only_the_nodes_count_that_the_pods_may_go_to() -> None:
    cluster = nodes(laptop="amd64")
    pi = make_object("Node", "pi", namespace="", status={"nodeInfo": {"architecture": "arm64"}})
    cluster.put({**pi, "metadata": {**pi["metadata"], "labels": {"place": "roof"}}})

    with pytest.raises(ClusterError, match="node pi is arm64"):
        pin_images(cluster, [workload(selector={"place": "roof"})], [BUILT])


def test_a_pod_of_every_node_needs_an_image_for_every_node() -> None:
    with pytest.raises(ClusterError, match=r"its image cannot run on every node.*; use an image for both"):
        pin_images(nodes(laptop="amd64", pi="arm64"), [workload("DaemonSet")], [BUILT])
    with pytest.raises(ClusterError, match=r"build it for the node: kubeglass images build shop"):
        pin_images(nodes(pi="arm64"), [workload("DaemonSet")], [BUILT])


def test_who_may_not_see_nodes_deploys_without_the_check() -> None:
    class Strict(FakeCluster):
        def list_objects(self, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
            raise ForbiddenError("node list", {"code": 403})

    (pinned,) = pin_images(Strict(), [workload()], [BUILT])

    assert selector_of(pinned) == {"kubernetes.io/arch": "amd64"}
