"""What the collector's pod sees of its node, and where it listens."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from kubeglass.model.load import parse_pipeline
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.plan import compose


def objects(text: str) -> dict[str, dict[str, Any]]:
    pipeline = parse_pipeline(text)
    return {item["kind"]: item for items in build(pipeline, compose(pipeline)).values() for item in items}


def pod(text: str) -> dict[str, Any]:
    spec: dict[str, Any] = objects(text)["DaemonSet"]["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize(
    ("host_metrics", "seen"),
    [
        ("{}", {}),
        ("{enabled: true, scrapers: [cpu, memory]}", {"/hostfs/proc": "/proc", "/hostfs/sys": "/sys"}),
        ("{enabled: true, scrapers: [cpu, filesystem]}", {"/hostfs": "/"}),
    ],
)
def test_it_sees_no_more_of_its_node_than_its_scrapers_read(host_metrics: str, seen: dict[str, str]) -> None:
    spec = pod(f"collector: {{host_metrics: {host_metrics}}}")

    paths = {volume["name"]: volume["hostPath"]["path"] for volume in spec["volumes"] if "hostPath" in volume}
    mounts = {mount["name"]: mount for mount in spec["containers"][0]["volumeMounts"] if mount["name"] in paths}
    del mounts["queue"]
    assert {mount["mountPath"]: paths[name] for name, mount in mounts.items()} == seen
    assert all(mount["readOnly"] for mount in mounts.values())


@pytest.mark.parametrize(("enabled", "told"), [("true", True), ("false", False)])
def test_the_namespace_says_that_the_nodes_files_are_read(enabled: str, told: bool) -> None:
    namespace = objects(f"collector: {{host_metrics: {{enabled: {enabled}}}}}")["Namespace"]

    reason = namespace["metadata"]["annotations"]["kubernetes.io/description"]
    assert ("reads the node's files" in reason) is told


@pytest.mark.parametrize(("scrapers", "left"), [("[cpu, network]", {"cpu": {}}), ("[network]", None)])
def test_a_pods_network_is_not_taken_for_its_nodes(scrapers: str, left: dict[str, Any] | None) -> None:
    pipeline = parse_pipeline(f"collector: {{host_metrics: {{enabled: true, scrapers: {scrapers}}}}}")
    document = YAML(typ="safe").load(compose(pipeline).collector.config.content)

    found = document["receivers"].get("host_metrics")
    assert (found and found["scrapers"]) == left
    assert ("metrics/host" in document["service"]["pipelines"]) is (left is not None)


def test_it_listens_on_ipv6_pods_too() -> None:
    config = next(
        item
        for item in build(parse_pipeline(""), compose(parse_pipeline("")))["otel-collector-config.yaml"]
        if item["kind"] == "ConfigMap"
    )

    document = YAML(typ="safe").load(config["data"]["config.yaml"])
    assert document["extensions"]["health_check"]["endpoint"] == "[${env:K8S_POD_IP}]:13133"


def test_what_scrapes_over_tls_need_is_mounted_from_its_secrets() -> None:
    spec = pod("collector: {scrape_tls: {ca: {name: authority, key: ca.crt}, token: {name: scraper, key: t}}}")

    (volume,) = (volume for volume in spec["volumes"] if volume["name"] == "scrape-tls")
    mounts = {mount["name"]: mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    assert mounts["scrape-tls"] == "/etc/otelcol-tls"
    assert volume["projected"] == {
        "defaultMode": 0o400,
        "sources": [
            {"secret": {"name": "authority", "items": [{"key": "ca.crt", "path": "ca"}]}},
            {"secret": {"name": "scraper", "items": [{"key": "t", "path": "token"}]}},
        ],
    }
