"""An app asks who reads its metrics: the real collector says so, to that app and to nobody else."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from ruamel.yaml import YAML

from kubeglass.model.load import parse_pipeline
from kubeglass.observe.prometheus import Prometheus
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.plan import compose
from kubeglass.render.yaml import dump_yaml
from tests.cli.runs import foreground, process_of, wait_until, wait_until_up
from tests.engines.endpoint import Endpoint, serving
from tests.engines.test_remote_auth import environment_of, outside_a_pod

pytestmark = pytest.mark.engines

#: Text that YAML would take for a number.
PASSWORD = "0123"
BASIC = """
import os
from hmac import compare_digest
from flask import Flask
from kubeglass.flask import instrument
def is_scraper(request):
    given = request.authorization
    return given is not None and given.type == "basic" and compare_digest(
        f"{given.username}:{given.password}".encode(), f"scraper:{os.environ['SCRAPE_PASSWORD']}".encode())
app = Flask(__name__)
instrument(app, authorize=is_scraper)
"""
PLAIN = "from flask import Flask\napp = Flask(__name__)\n"
GUARDED = """
apps:
  - {name: basic, module: "basic:app", metrics_auth: {basic: {username: scraper, password: {env: SCRAPE_PASSWORD}}}}
  - name: bearer
    module: bearer:app
    secret_env: {KUBEGLASS_METRICS_TOKEN: {env: SCRAPE_PASSWORD}}
    metrics_auth: {bearer: {env: SCRAPE_PASSWORD}}
scrape: {interval: 1s}
"""


def test_guarded_apps_come_up_and_nobody_else_reads_their_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRAPE_PASSWORD", PASSWORD)
    (tmp_path / "basic.py").write_text(BASIC)
    (tmp_path / "bearer.py").write_text(PLAIN)
    (tmp_path / "kubeglass.yaml").write_text(GUARDED)
    with foreground(tmp_path):
        record = wait_until_up(tmp_path)
        with Prometheus(record["prometheus"]) as prometheus:
            read = 'count(count by (job) (http_requests_in_progress{job=~"basic|bearer"}))'
            wait_until(lambda: prometheus.value(read) == 2, "the metrics of both")
        for name in ("basic", "bearer"):
            with pytest.raises(HTTPError, match="401"):
                urlopen(f"{process_of(record, name)['address']}/metrics")

    rendered = [path.read_text() for path in (tmp_path / ".kubeglass").rglob("*.yaml")]
    assert not any(PASSWORD in text for text in rendered)


def pod(app: str, namespace: str, path: str, port: int) -> dict[str, Any]:
    """What discovery says of a pod."""
    about = {
        "__meta_kubernetes_namespace": namespace,
        "__meta_kubernetes_pod_label_app_kubernetes_io_name": app,
        "__meta_kubernetes_pod_annotation_prometheus_io_scrape": "true",
        "__meta_kubernetes_pod_annotation_prometheus_io_path": path,
        "__meta_kubernetes_pod_annotation_prometheus_io_port": str(port),
    }
    return {"targets": [f"127.0.0.1:{port}"], "labels": about}


def read_request(endpoint: Endpoint) -> tuple[str, str]:
    """Return the path of the next request, and as whom it was sent."""
    path, headers = endpoint.seen.get(timeout=60)
    return path, headers.get("Authorization", "")


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ("basic: {username: me, password: SOURCE}", f"Basic {base64.b64encode(b'me:SECRET').decode()}"),
        ("bearer: SOURCE", "Bearer SECRET"),
    ],
)
def test_a_pods_collector_shows_credentials_to_the_app_they_are_for_alone(
    otelcol_binary: Path, tmp_path: Path, free_ports: Callable[[int], list[int]], auth: str, expected: str
) -> None:
    source = auth.replace("SOURCE", "{secret: {name: remote, key: key}}")
    pipeline = parse_pipeline(
        f"apps: [{{name: shop, module: 'a:app', metrics_auth: {{{source}}}}}, {{name: other, module: 'b:app'}}]\n"
        "scrape: {interval: 1s}\ncollector: {otlp: {enabled: false}}\ncluster: {app_namespace: apps}\n"
    )
    objects = [item for items in build(pipeline, compose(pipeline)).values() for item in items]
    (daemon,) = [item for item in objects if item["kind"] == "DaemonSet"]
    (config,) = [item for item in objects if item["metadata"]["name"] == "otel-collector-config"]
    document = YAML(typ="safe").load(config["data"]["config.yaml"])
    # It stands for three pods, by path.
    with serving("text/plain; version=0.0.4", lambda: b"up_to 1\n") as endpoint:
        pods = [
            pod("shop", "apps", "/shop", endpoint.port),
            pod("other", "apps", "/other", endpoint.port),
            pod("shop", "elsewhere", "/namesake", endpoint.port),
        ]
        for job in document["receivers"]["prometheus"]["config"]["scrape_configs"]:
            del job["kubernetes_sd_configs"]
            job["static_configs"] = pods
        (tmp_path / "config.yaml").write_text(dump_yaml(document))
        here = outside_a_pod(tmp_path, *free_ports(2))
        here["service"]["pipelines"] = {"metrics/apps": {"processors": ["memory_limiter"]}}
        del here["receivers"]
        del document["service"]["pipelines"]["metrics/kubelet"]
        (tmp_path / "config.yaml").write_text(dump_yaml(document))
        (tmp_path / "here.yaml").write_text(dump_yaml(here))
        env = environment_of(daemon["spec"]["template"]["spec"]["containers"][0])
        (variable,) = [name for name in env if name == "REMOTE_KEY"]
        env[variable] = "SECRET"
        argv = [str(otelcol_binary), "--config", str(tmp_path / "config.yaml"), "--config", str(tmp_path / "here.yaml")]
        found: set[tuple[str, str]] = set()
        with (tmp_path / "log").open("wb") as log, subprocess.Popen(argv, stdout=log, stderr=log, env=env) as process:
            try:
                while len({path for path, _ in found}) < len(pods):
                    found.add(read_request(endpoint))
            finally:
                process.terminate()
                process.wait(30)
        while not endpoint.seen.empty():
            found.add(read_request(endpoint))

    assert found == {("/shop", expected), ("/other", ""), ("/namesake", "")}
