"""The collector's configuration: order, delivery, and what differs between a laptop and a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kubeglass.model.load import parse_pipeline
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.model.parts import HEARTBEAT
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.otelcol import config

APPS = """
apps:
  - {name: shop, module: "shop:app"}
  - {name: other, target: "10.0.0.1:9000", metrics_path: /m}
"""


def build_local(text: str = APPS) -> dict[str, Any]:
    return config.build_local(parse_pipeline(text), LocalSettings(Path("/s"), LocalPorts(apps={"shop": 8001})))


def scrape_jobs(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every job but the collector's own, which is the last."""
    jobs: list[dict[str, Any]] = document["receivers"]["prometheus"]["config"]["scrape_configs"]
    assert jobs[-1]["job_name"] == HEARTBEAT
    return jobs[:-1]


def test_the_memory_limiter_comes_first_in_every_pipeline() -> None:
    for document in (
        build_local(APPS + "collector: {host_metrics: {enabled: true}}"),
        config.build_cluster(Pipeline()),
    ):
        for pipeline in document["service"]["pipelines"].values():
            assert pipeline["processors"][0] == "memory_limiter"


def test_data_is_joined_behind_the_queue_and_never_before_it() -> None:
    document = build_local()

    assert "batch" not in document["processors"]
    assert document["exporters"]["otlp_http/prometheus"]["sending_queue"]["storage"] == "file_storage/queue"
    assert "batch" in document["exporters"]["otlp_http/prometheus"]["sending_queue"]


def test_delivery_is_tried_for_ever_and_in_order() -> None:
    exporter = build_local()["exporters"]["otlp_http/prometheus"]

    assert exporter["retry_on_failure"]["max_elapsed_time"] == "0s"
    assert exporter["sending_queue"]["num_consumers"] == 1


def test_the_queue_is_bounded_in_bytes() -> None:
    queue = build_local("collector: {queue: {size: 300MB}}")["exporters"]["otlp_http/prometheus"]["sending_queue"]

    assert (queue["sizer"], queue["queue_size"], queue["batch"]["sizer"]) == ("bytes", 300 * 1024**2, "items")


def test_local_apps_are_scraped_where_they_listen() -> None:
    jobs = scrape_jobs(build_local())

    assert [(job["job_name"], job["static_configs"], job["metrics_path"]) for job in jobs] == [
        ("shop", [{"targets": ["127.0.0.1:8001"]}], "/metrics"),
        ("other", [{"targets": ["10.0.0.1:9000"]}], "/m"),
    ]


def test_an_app_that_only_a_cluster_runs_is_not_scraped_here() -> None:
    jobs = scrape_jobs(build_local("apps: [{name: far, image: 'far:1'}]"))

    assert jobs == []


def test_nothing_local_listens_beyond_this_machine() -> None:
    document = build_local()
    reader = document["service"]["telemetry"]["metrics"]["readers"][0]["pull"]["exporter"]["prometheus"]

    assert document["receivers"]["otlp"] == {"protocols": {"http": {"endpoint": "127.0.0.1:4318"}}}
    assert document["extensions"]["health_check"]["endpoint"].startswith("127.0.0.1:")
    assert reader["host"] == "127.0.0.1"


def test_the_memory_limit_follows_the_collectors_own() -> None:
    small = build_local(APPS + "collector: {resources: {requests: {}, limits: {memory: 100Mi}}}")
    none = build_local(APPS + "collector: {resources: {limits: {cpu: 1}}}")

    assert small["processors"]["memory_limiter"] == {"check_interval": "1s", "limit_mib": 80, "spike_limit_mib": 16}
    assert none["processors"]["memory_limiter"]["limit_percentage"] == 80


def test_a_node_scrapes_its_own_pods_only() -> None:
    (job,) = scrape_jobs(config.build_cluster(Pipeline()))
    (discovery,) = job["kubernetes_sd_configs"]

    assert discovery["selectors"] == [{"role": "pod", "field": "spec.nodeName=${env:K8S_NODE_NAME}"}]


def test_the_collector_scrapes_itself_and_keeps_nothing_but_up() -> None:
    local = build_local()["receivers"]["prometheus"]["config"]["scrape_configs"][-1]
    pods, node = config.build_cluster(Pipeline())["receivers"]["prometheus"]["config"]["scrape_configs"]

    assert local["static_configs"] == [{"targets": ["127.0.0.1:8888"]}]
    assert node["relabel_configs"][0]["regex"] == "${env:K8S_POD_IP};telemetry"
    # Found in the same way as every pod: what breaks discovery ends this job's samples too, and one watch serves both.
    assert node["kubernetes_sd_configs"] == pods["kubernetes_sd_configs"]
    assert [job["metric_relabel_configs"][0]["action"] for job in (local, node)] == ["drop", "drop"]


def test_a_collector_watches_the_namespaces_it_scrapes_and_no_other() -> None:
    text = "cluster: {namespace: watch, app_namespace: apps}\ncollector: {scrape_namespaces: [more, apps]}"
    document = config.build_cluster(parse_pipeline(text))
    (job,) = scrape_jobs(document)

    assert job["kubernetes_sd_configs"][0]["namespaces"] == {"names": ["watch", "apps", "more"]}
    added = {name: settings for name, settings in document["processors"].items() if name.startswith("k8s_attributes")}
    assert [settings["filter"]["namespace"] for settings in added.values()] == ["watch", "apps", "more"]
    for source in ("apps", "kubelet"):
        assert set(added) <= set(document["service"]["pipelines"][f"metrics/{source}"]["processors"])


def test_all_namespaces_are_watched_at_once() -> None:
    document = config.build_cluster(parse_pipeline("collector: {scrape_namespaces: all}"))
    (job,) = scrape_jobs(document)

    assert "namespaces" not in job["kubernetes_sd_configs"][0]
    assert document["processors"]["k8s_attributes"]["filter"] == {"node_from_env_var": "K8S_NODE_NAME"}


def test_credentials_for_tls_go_to_no_pod_in_clear_text() -> None:
    text = """
apps: [{name: shop, module: "shop:app", metrics_auth: {bearer: {secret: {name: a, key: b}}}}]
collector:
  scrape_tls: {ca: {name: tls, key: ca.crt}, token: {name: tls, key: token}, server_name: metrics}
"""
    jobs = scrape_jobs(config.build_cluster(parse_pipeline(text)))
    chosen = {
        job["job_name"]: [
            rule["regex"] for rule in job["relabel_configs"] if rule.get("source_labels") == ["__scheme__"]
        ]
        for job in jobs
    }

    assert chosen == {"kubernetes-pods": ["http"], "kubernetes-pods-https": ["https"], "kubernetes-pods/shop": []}
    assert jobs[1]["tls_config"] == {"ca_file": "/etc/otelcol-tls/ca", "server_name": "metrics"}
    assert jobs[1]["authorization"] == {"type": "Bearer", "credentials_file": "/etc/otelcol-tls/token"}
    assert not {"tls_config", "authorization"} & set(jobs[0])


def test_relabelling_escapes_the_dollar_that_the_collector_would_expand() -> None:
    (job,) = scrape_jobs(config.build_cluster(Pipeline()))

    replacements = [rule.get("replacement", "") for rule in job["relabel_configs"]]
    assert [text for text in replacements if "$" in text] == ["$$1:$$2"]


def test_the_kubelet_is_verified_unless_told_otherwise() -> None:
    verified = config.build_cluster(Pipeline())["receivers"]["kubelet_stats"]
    skipped = config.build_cluster(parse_pipeline("collector: {kubelet: {insecure_skip_verify: true}}"))

    assert verified["ca_file"] == "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
    assert "insecure_skip_verify" not in verified
    assert skipped["receivers"]["kubelet_stats"]["insecure_skip_verify"] is True


def test_a_kubelet_that_is_not_asked_leaves_no_trace() -> None:
    text = "collector: {kubelet: {enabled: false}, otlp: {enabled: false}}"
    document = config.build_cluster(parse_pipeline(text))

    assert set(document["receivers"]) == {"prometheus"}
    assert set(document["processors"]) == {"memory_limiter", "k8s_attributes/observability"}
    assert set(document["service"]["pipelines"]) == {"metrics/apps"}


def test_a_dollar_in_a_path_stays_one() -> None:
    (job,) = scrape_jobs(build_local("apps: [{name: a, target: 'b:1', metrics_path: '/m$HOME'}]"))

    assert job["metrics_path"] == "/m$$HOME"


def test_a_key_goes_out_in_a_header_and_stays_in_the_environment() -> None:
    remote = (
        "storage: {remote: {url: 'https://x.y', headers: {a: b}, auth: {header: {name: api-key, value: {env: K}}}}}"
    )
    document = build_local(APPS + remote)

    assert document["exporters"]["otlp_http/remote"]["headers"] == {"a": "b", "api-key": "${env:K}"}
    assert "auth" not in document["exporters"]["otlp_http/remote"]
    assert document["service"]["extensions"] == ["file_storage/queue", "health_check"]


def test_a_remote_endpoint_gets_everything_with_credentials_from_the_environment() -> None:
    remote = "storage: {remote: {url: 'https://x.y/otlp/', auth: {bearer: {secret: {name: mimir, key: api.token}}}}}"
    document = build_local(APPS + remote)

    assert document["exporters"]["otlp_http/remote"]["metrics_endpoint"] == "https://x.y/otlp/v1/metrics"
    assert document["exporters"]["otlp_http/remote"]["auth"] == {"authenticator": "bearertokenauth/remote"}
    assert document["extensions"]["bearertokenauth/remote"] == {"token": "${env:MIMIR_API_TOKEN}"}
    assert document["service"]["extensions"][-1] == "bearertokenauth/remote"
    assert "otlp_http/remote" in document["service"]["pipelines"]["metrics/apps"]["exporters"]
