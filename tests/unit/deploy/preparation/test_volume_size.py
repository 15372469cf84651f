"""Less retention keeps the volume that there is; a size that the definition names is tried as it is."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.preparation.volume_size import keep_volumes
from kubeglass.model.load import parse_pipeline
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.plan import compose
from tests.unit.deploy.fake_cluster import FakeCluster, make_object

APP = "apps: [{name: shop, module: 'a:b'}]\n"
#: The volume of the default retention: half more than 5GB.
RENDERED = "8Gi"


def render(text: str = "") -> list[dict[str, Any]]:
    pipeline: Pipeline = parse_pipeline(APP + text)
    return [item for items in build(pipeline, compose(pipeline)).values() for item in items]


def make_cluster(size: str, volume: str = "pv-1") -> FakeCluster:
    spec = {"resources": {"requests": {"storage": size}}, **({"volumeName": volume} if volume else {})}
    cluster = FakeCluster()
    cluster.put(make_object("PersistentVolumeClaim", "data-prometheus-0", namespace="observability", spec=spec))
    return cluster


def size_of(objects: list[Any]) -> str:
    (store,) = (item for item in objects if item["kind"] == "StatefulSet")
    return str(store["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"])


@pytest.mark.parametrize("size", ["12Gi", "20000000000"])
def test_a_larger_volume_stays_and_that_is_said(size: str) -> None:
    objects = render()

    kept, said = keep_volumes(make_cluster(size), objects, chosen=False)

    claim = "persistentvolumeclaim/data-prometheus-0"
    assert said == [f"{claim} keeps its {size}, although {RENDERED} would do: a volume cannot shrink"]
    assert size_of(kept) == size
    assert size_of(objects) == RENDERED, "what was rendered is not changed"


@pytest.mark.parametrize(
    ("cluster", "chosen"),
    [
        (FakeCluster(), False),
        (make_cluster("4Gi"), False),
        (make_cluster(RENDERED), False),
        (make_cluster("12Gi", volume=""), False),
        (make_cluster("12Gi"), True),
    ],
    ids=["new", "smaller", "same", "not bound", "chosen"],
)
def test_everything_else_is_left_to_the_server(cluster: FakeCluster, *, chosen: bool) -> None:
    objects = render()

    assert keep_volumes(cluster, objects, chosen=chosen) == (objects, [])
