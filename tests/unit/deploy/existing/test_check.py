"""An app that kubeglass did not make is there and has a port, or is named before anything is applied."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.existing.check import check_existing
from kubeglass.errors import ClusterError
from kubeglass.model.load import parse_pipeline
from tests.unit.deploy.fake_cluster import FakeCluster

HTTP = {"containerPort": 8000, "name": "http"}


def make_cluster(*ports: dict[str, Any], replicas: int = 1, notes: dict[str, str] | None = None) -> FakeCluster:
    cluster = FakeCluster()
    cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "blogs"}})
    template = {"metadata": {"annotations": notes}, "spec": {"containers": [{"name": "blog", "ports": list(ports)}]}}
    spec = {"replicas": replicas, "template": template}
    about = {"name": "blog", "namespace": "blogs"}
    cluster.put({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "spec": spec})
    return cluster


def check(cluster: FakeCluster, existing: str, more: str = "") -> list[str]:
    return check_existing(cluster, parse_pipeline(f"apps: [{{name: b, existing: {existing}{more}}}]"))


@pytest.mark.parametrize(
    ("existing", "more", "said"),
    [
        ("deployment/blog/blog", "", "app b: its namespace blog does not exist; correct 'existing'"),
        ("deployment/blogs/blok", "", "namespace blogs (deployments there: blog); did you mean blog?"),
        ("deployment/blogs/other", "", "(deployments there: blog); correct 'existing', or deploy the app first"),
        ("statefulset/blogs/blog", "", "statefulset/blog does not exist in namespace blogs (statefulsets there: none)"),
        (
            "deployment/blogs/blog",
            "",
            "(ports: 8000 named http); name the port that serves its metrics",
        ),
        ("deployment/blogs/blog", ", metrics_port: web", "has a port named web (ports: 8000 named http)"),
    ],
)
def test_what_is_wrong_is_said_with_the_fix(existing: str, more: str, said: str) -> None:
    with pytest.raises(ClusterError) as caught:
        check(make_cluster(HTTP), existing, more)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("ports", "notes", "more"),
    [
        ([HTTP], {}, ", metrics_port: http"),
        ([], {}, ", metrics_port: 8000"),
        ([HTTP], {"prometheus.io/port": "http"}, ""),
        ([HTTP, {"containerPort": 9000, "name": "metrics"}], {}, ""),
        ([{"containerPort": 8000}], {}, ""),
    ],
)
def test_a_port_by_definition_annotation_or_name_is_enough(
    ports: list[dict[str, Any]], notes: dict[str, str], more: str
) -> None:
    assert check(make_cluster(*ports, notes=notes), "deployment/blogs/blog", more) == []


def test_an_app_without_pods_is_a_note() -> None:
    cluster = make_cluster(HTTP, replicas=0)

    (scaled,) = check(cluster, "deployment/blogs/blog", ", metrics_port: http")
    (labelled,) = check(cluster, "{namespace: blogs, labels: {app: blog}}")

    assert scaled.startswith("app b: deployment/blog of blogs has no pods now")
    assert labelled == "app b: no pod in blogs has the labels app=blog now"
