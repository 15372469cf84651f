"""The real engines take what is rendered, without a deprecated name, and deliver what was counted."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest

from kubeglass.images.system import CERTIFICATES
from kubeglass.model.load import load_pipeline, parse_pipeline
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.render import prometheus
from kubeglass.render.files import write_files
from kubeglass.render.otelcol import config as otelcol
from tests.engines.endpoint import serving
from tools.rendered_examples import EXAMPLES, SCENARIOS

pytestmark = pytest.mark.engines

HOST = 'count({__name__=~"system_memory_usage.*", job="host"}) > 0'
SECRETS = {"MIMIR_PASSWORD": "x"}
NODE = {"K8S_NODE_NAME": "n", "K8S_NODE_IP": "10.0.0.1", "K8S_POD_IP": "127.0.0.1"}


def write(text: str, settings: LocalSettings) -> None:
    pipeline = parse_pipeline(text)
    for renderer in (otelcol.render, prometheus.render):
        write_files(renderer(pipeline, settings), settings.root)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_collector_accepts_every_example(otelcol_binary: Path, tmp_path: Path, scenario: str) -> None:
    pipeline = load_pipeline(EXAMPLES / scenario / "kubeglass.yaml")
    settings = LocalSettings(tmp_path, LocalPorts(apps={app.name: app.port for app in pipeline.apps}))
    write_files(otelcol.render(pipeline, settings), tmp_path)

    command = [str(otelcol_binary), "validate", "--config", str(tmp_path / "otelcol/config.yaml")]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **SECRETS})

    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_collector_accepts_every_example_on_a_cluster(otelcol_binary: Path, tmp_path: Path, scenario: str) -> None:
    text = (EXAMPLES / scenario / "rendered/cluster/otelcol.yaml").read_text()
    # Outside a pod there is no ServiceAccount: neither its token nor the certificate of who signed the kubelet's.
    text = text.replace("auth_type: serviceAccount", "auth_type: none")
    text = re.sub(r"ca_file: .*", f"ca_file: /{CERTIFICATES}", text).replace("/hostfs", str(tmp_path))
    (tmp_path / "config.yaml").write_text(text.replace("/var/lib/otelcol/queue", str(tmp_path / "queue")))

    command = [str(otelcol_binary), "validate", "--config", str(tmp_path / "config.yaml")]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **NODE, **SECRETS})

    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("where", ["local/prometheus", "cluster"])
def test_promtool_accepts_every_example(promtool_binary: Path, tmp_path: Path, scenario: str, where: str) -> None:
    shutil.copytree(EXAMPLES / scenario / "rendered" / where, tmp_path / "copy")
    command = [
        str(promtool_binary),
        "check",
        "config",
        "--lint=all",
        "--lint-fatal",
        str(tmp_path / "copy/prometheus.yml"),
    ]

    answer = subprocess.run(command, capture_output=True, text=True, check=False)

    assert answer.returncode == 0, answer.stdout + answer.stderr


@contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as stream, subprocess.Popen(command, stdout=stream, stderr=stream) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def query(settings: LocalSettings, expr: str) -> list[dict[str, Any]]:
    address = settings.url(settings.ports.prometheus, "/api/v1/query?" + urllib.parse.urlencode({"query": expr}))
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return found
    except OSError:
        return []


def push(settings: LocalSettings, service: str, name: str, value: int) -> None:
    """Send one counter as OTLP's JSON: https://opentelemetry.io/docs/specs/otlp/#otlphttp"""
    point = {"asInt": str(value), "timeUnixNano": str(time.time_ns())}
    metric = {"name": name, "sum": {"dataPoints": [point], "aggregationTemporality": 2, "isMonotonic": True}}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    document = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}
    request = urllib.request.Request(
        settings.url(settings.ports.otelcol_otlp, "/v1/metrics"),
        data=json.dumps(document).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 200


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.2)
    return False


def test_what_an_app_counts_arrives_as_it_was_counted(
    otelcol_binary: Path, prometheus_binary: Path, tmp_path: Path, free_ports: Callable[[int], list[int]]
) -> None:
    app, http, otlp, health, telemetry = free_ports(5)
    settings = LocalSettings(tmp_path, LocalPorts(0, http, otlp, health, telemetry, apps={"shop": app}))
    text = (
        'apps: [{name: shop, module: "shop:app"}]\nscrape: {interval: 1s}\ncollector: {host_metrics: {enabled: true}}'
    )
    write(text, settings)
    registry = CollectorRegistry()
    requests = Counter("http_requests", "Requests.", ["endpoint", "status"], registry=registry)
    duration = Histogram("http_request_duration_seconds", "Time.", ["endpoint"], registry=registry)
    requests.labels("/", "200").inc(41)
    duration.labels("/").observe(0.7)
    collector = [str(otelcol_binary), "--config", str(tmp_path / "otelcol/config.yaml")]
    storage = [
        str(prometheus_binary),
        f"--config.file={tmp_path}/prometheus/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data/prometheus",
        f"--web.listen-address=127.0.0.1:{http}",
        "--web.enable-otlp-receiver",
    ]
    log = tmp_path / "otelcol.log"

    with (
        serving(CONTENT_TYPE_LATEST, lambda: generate_latest(registry), app),
        running(storage, tmp_path / "prometheus.log"),
    ):
        with running(collector, log):
            assert wait_for(lambda: bool(query(settings, 'up{job="shop"} == 1'))), log.read_text()
            assert wait_for(lambda: bool(query(settings, HOST))), log.read_text()
            push(settings, "night-job", "rows_copied", 7)
            requests.labels("/", "200").inc(1)
        # The last scrape happens on the way out, and is delivered before the process ends.
        stored = query(settings, 'last_over_time(http_requests_total{job="shop", endpoint="/", status="200"}[1m])')
        pushed = query(settings, 'last_over_time(rows_copied_total{job="night-job"}[1m])')
        bounds = query(settings, 'last_over_time(http_request_duration_seconds_bucket{job="shop"}[1m])')

    assert [sample["value"][1] for sample in stored] == ["42"]
    assert [sample["value"][1] for sample in pushed] == ["7"]
    assert {"0.75", "1", "+Inf"} <= {sample["metric"]["le"].removesuffix(".0") for sample in bounds}
    assert [line for line in log.read_text().splitlines() if "deprecat" in line.lower()] == []
