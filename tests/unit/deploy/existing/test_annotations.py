"""What is written on the pod template of a workload that kubeglass did not make, and only that."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.existing.annotations import describe_restart, list_annotated, manager_of, removal_command
from kubeglass.errors import UsageError
from kubeglass.model.load import parse_pipeline
from tests.unit.deploy.fake_cluster import FakeCluster

HTTP = {"containerPort": 8000, "name": "http"}
ADMIN = {"containerPort": 9000, "name": "admin-metrics"}


def make_workload(*ports: dict[str, Any], notes: dict[str, str], owned: tuple[str, ...] = ()) -> dict[str, Any]:
    fields: dict[str, Any] = {f"f:prometheus.io/{name}": {} for name in owned}
    nested = {"f:spec": {"f:template": {"f:metadata": {"f:annotations": fields}}}}
    managed = [{"manager": manager_of("observability"), "operation": "Apply", "fieldsV1": nested}]
    about = {"name": "blog", "namespace": "blogs", "managedFields": managed if owned else []}
    annotations = {f"prometheus.io/{name}": value for name, value in notes.items()}
    template = {"metadata": {"annotations": annotations}, "spec": {"containers": [{"name": "b", "ports": list(ports)}]}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "spec": {"template": template}}


def annotate(workload: dict[str, Any], more: str = "") -> dict[str, str]:
    cluster = FakeCluster()
    cluster.put(workload)
    pipeline = parse_pipeline(f"apps: [{{name: b, existing: deployment/blogs/blog{more}}}]")
    (item,) = list_annotated(cluster, pipeline, lambda _: None)
    assert item["metadata"] == {"name": "blog", "namespace": "blogs"}
    assert item["spec"].keys() == {"template"}
    assert item["spec"]["template"].keys() == {"metadata"}
    assert item["spec"]["template"]["metadata"].keys() == {"annotations"}
    notes: dict[str, str] = item["spec"]["template"]["metadata"]["annotations"]
    return {name.removeprefix("prometheus.io/"): value for name, value in notes.items()}


@pytest.mark.parametrize(
    ("workload", "more", "wanted"),
    [
        (make_workload(HTTP, ADMIN, notes={}), "", {"port": "9000", "path": "/metrics"}),
        (make_workload(HTTP, notes={}), ", metrics_port: http", {"port": "8000", "path": "/metrics"}),
        (make_workload(HTTP, notes={}), ", metrics_port: 1234, metrics_path: /m", {"port": "1234", "path": "/m"}),
        # What their owners annotate stays theirs, and is not made ours.
        (make_workload(HTTP, notes={"port": "http", "path": "/theirs"}), "", {}),
        (
            make_workload(HTTP, notes={"path": "/theirs"}),
            ", metrics_port: 8000, metrics_path: /m",
            {"port": "8000", "path": "/m"},
        ),
        # An annotation of ours decides nothing: the port may have changed since.
        (make_workload(ADMIN, notes={"port": "7000"}, owned=("port",)), "", {"port": "9000", "path": "/metrics"}),
        # Several ports that speak metrics are found without an annotation only.
        (make_workload(ADMIN, {"containerPort": 9001}, notes={}), "", {"path": "/metrics"}),
    ],
)
def test_annotations_say_where_scrapes_go(workload: dict[str, Any], more: str, wanted: dict[str, str]) -> None:
    assert annotate(workload, more) == {"scrape": "true", **wanted}


@pytest.mark.parametrize(
    ("apps", "said"),
    [
        ("[{name: shop, module: 'shop:app'}]", "no app has 'existing'"),
        ("[{name: b, existing: {namespace: n, labels: {a: b}}}]", "the pods of b are found by labels"),
    ],
)
def test_nothing_to_annotate_is_an_error_that_says_so(apps: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        list_annotated(FakeCluster(), parse_pipeline(f"apps: {apps}"), lambda _: None)


def test_pods_without_a_named_workload_are_a_note() -> None:
    cluster, said = FakeCluster(), list[str]()
    cluster.put(make_workload(HTTP, notes={}))
    apps = "[{name: b, existing: deployment/blogs/blog}, {name: c, existing: {namespace: n, labels: {a: b}}}]"

    assert len(list_annotated(cluster, parse_pipeline(f"apps: {apps}"), said.append)) == 1

    assert said[0].startswith("app c: not annotated, because its pods are found by labels; name the workload")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "restarts its pods"),
        ({"paused": True}, "its pods get the change when its rollout is resumed"),
        ({"updateStrategy": {"type": "OnDelete"}}, "each pod gets the change when it is deleted"),
    ],
)
def test_what_happens_to_the_pods_is_said(spec: dict[str, Any], said: str) -> None:
    assert describe_restart({"spec": spec}).startswith(said)


def test_the_command_removes_what_is_ours() -> None:
    workload = make_workload(HTTP, notes={"scrape": "true", "port": "1"}, owned=("scrape",))

    assert removal_command(workload, "observability") == (
        "kubectl -n blogs patch deployment blog --type merge -p"
        """ '{"spec": {"template": {"metadata": {"annotations": {"prometheus.io/scrape": null}}}}}'"""
    )
