"""Prometheus's configuration: what it accepts late, how long it keeps, and whom it scrapes itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kubeglass.model.load import parse_pipeline
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.model.pipeline import Pipeline
from kubeglass.render import prometheus


def build(text: str = "") -> dict[str, Any]:
    return prometheus.build_local(parse_pipeline(text), LocalSettings(Path("/s"), LocalPorts(otelcol_telemetry=8899)))


def test_the_collector_is_scraped_directly() -> None:
    assert build()["scrape_configs"] == [
        {"job_name": "otel-collector", "static_configs": [{"targets": ["127.0.0.1:8899"]}]}
    ]


def test_storage_is_bounded_and_takes_what_an_outage_delayed() -> None:
    tsdb = build("storage: {retention: {time: 3d, size: 1GB}, out_of_order: 1h}")["storage"]["tsdb"]

    assert tsdb == {"out_of_order_time_window": "1h", "retention": {"time": "3d", "size": "1GB"}}


def test_a_fast_demo_does_not_make_rules_run_every_second() -> None:
    assert build("scrape: {interval: 1s}")["global"]["evaluation_interval"] == "5s"


def test_rules_never_run_more_often_than_data_arrives() -> None:
    assert build("scrape: {interval: 1m}")["global"]["evaluation_interval"] == "1m"


def test_targets_outside_the_cluster_are_scraped_once_and_not_from_every_node() -> None:
    pipeline = parse_pipeline("apps: [{name: other, target: '10.0.0.1:9000'}, {name: shop, module: 'a:b'}]")

    names = [job["job_name"] for job in prometheus.build_cluster(pipeline)["scrape_configs"]]

    assert names == ["otel-collector", "prometheus", "other"]


def test_series_of_different_pods_stay_apart() -> None:
    promoted = prometheus.build_cluster(Pipeline())["otlp"]["promote_resource_attributes"]

    assert {"k8s.namespace.name", "k8s.pod.name", "k8s.container.name", "k8s.node.name"} <= set(promoted)
    assert "k8s.pod.uid" not in promoted
