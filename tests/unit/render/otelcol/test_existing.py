"""Apps that are on the cluster already: which pods each job keeps, and that the job tells the app again."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.model.load import parse_pipeline
from kubeglass.render.kubernetes.access import build_accounts
from kubeglass.render.otelcol.config import ATTRIBUTES, build_cluster
from kubeglass.render.otelcol.existing import read_existing

APPS = (
    "{name: blog, existing: deployment/blogs/my.blog, metrics_port: http, metrics_path: /a$b}",
    "{name: blog, existing: statefulset/blogs/blog, metrics_port: 8000}",
    "{name: blog, existing: daemonset/blogs/blog}",
    "{name: blog, existing: {namespace: blogs, labels: {app.kubernetes.io/name: blog, tier: web}}}",
)


def make_jobs(apps: str, more: str = "") -> dict[str, dict[str, Any]]:
    config = build_cluster(parse_pipeline(f"apps: [{apps}]\n{more}"))
    return {job["job_name"]: job for job in config["receivers"]["prometheus"]["config"]["scrape_configs"]}


@pytest.mark.parametrize("app", APPS)
def test_the_job_tells_the_app_again(app: str) -> None:
    read = read_existing(make_jobs(app)["existing/blog"])

    assert read == parse_pipeline(f"apps: [{app}]").apps[0]


def test_other_jobs_tell_none() -> None:
    jobs = make_jobs("{name: shop, module: 'shop:app', metrics_auth: {bearer: {env: T, secret: {name: t, key: t}}}}")

    assert [read_existing(job) for job in jobs.values()] == [None] * len(jobs)


@pytest.mark.parametrize(
    ("kind", "regex"),
    [
        ("deployment", "blogs;ReplicaSet;blog-[a-z0-9]+"),
        ("statefulset", "blogs;StatefulSet;blog"),
        ("daemonset", "blogs;DaemonSet;blog"),
    ],
)
def test_pods_are_kept_by_their_controller_in_their_namespace_alone(kind: str, regex: str) -> None:
    job = make_jobs(f"{{name: blog, existing: {kind}/blogs/blog}}")["existing/blog"]

    assert job["kubernetes_sd_configs"][0]["namespaces"] == {"names": ["blogs"]}
    assert (job["relabel_configs"][0]["action"], job["relabel_configs"][0]["regex"]) == ("keep", regex)


@pytest.mark.parametrize(("scraped", "dropped"), [("[]", 0), ("[blogs]", 1), ("all", 1)])
def test_annotated_pods_of_theirs_are_not_scraped_a_second_time(scraped: str, dropped: int) -> None:
    more = f"collector: {{scrape_namespaces: {scraped}}}"
    rules = make_jobs("{name: blog, existing: deployment/blogs/blog}", more)["kubernetes-pods"]["relabel_configs"]

    assert len([rule for rule in rules if rule.get("regex") == "blogs;ReplicaSet;blog-[a-z0-9]+"]) == dropped


def test_the_collector_may_read_their_pods_and_their_namespace_is_not_made() -> None:
    pipeline = parse_pipeline("apps: [{name: blog, existing: deployment/blogs/blog}]")
    objects = [(item["kind"], item["metadata"].get("namespace", "")) for item in build_accounts(pipeline)]

    assert [kind for kind, namespace in objects if namespace == "blogs"] == ["Role", "RoleBinding"]
    assert "blogs" not in [item["metadata"]["name"] for item in build_accounts(pipeline)]
    assert f"{ATTRIBUTES}/blogs" in build_cluster(pipeline)["processors"]
