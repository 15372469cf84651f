"""Every namespace to be scraped exists, or is named before anything is applied."""

from __future__ import annotations

import pytest

from kubeglass.deploy.preparation.scraped_namespaces import require_namespaces
from kubeglass.errors import ClusterError
from kubeglass.model.load import parse_pipeline
from tests.unit.deploy.fake_cluster import FakeCluster, make_object


def make_cluster(*namespaces: str) -> FakeCluster:
    cluster = FakeCluster()
    for name in namespaces:
        item = make_object("Namespace", name)
        del item["metadata"]["namespace"]
        cluster.put(item)
    return cluster


def test_all_namespaces_that_do_not_exist_are_named_at_once() -> None:
    pipeline = parse_pipeline("collector: {scrape_namespaces: [there, gone, lost]}")

    with pytest.raises(ClusterError) as caught:
        require_namespaces(make_cluster("there"), pipeline)

    assert str(caught.value).startswith("collector.scrape_namespaces: names namespaces that do not exist (gone, lost)")
    assert caught.value.hint.startswith("create them (kubectl create namespace gone)")


@pytest.mark.parametrize("namespaces", ["all", "[]", "[observability, apps]"])
def test_those_that_kubeglass_makes_need_not_exist(namespaces: str) -> None:
    text = f"collector: {{scrape_namespaces: {namespaces}}}\ncluster: {{app_namespace: apps}}"

    require_namespaces(make_cluster(), parse_pipeline(text))
