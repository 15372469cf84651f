"""Every kind of credential reaches the remote endpoint, with the environment that a run or a pod really gives."""

from __future__ import annotations

import base64
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

from kubeglass.model.load import parse_pipeline
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.files import write_files
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.plan import compose, render_local
from kubeglass.render.yaml import dump_yaml
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.stack import Stack, plan_processes
from tests.engines.endpoint import Endpoint, serving

pytestmark = pytest.mark.engines

SECRET = "0123-s3cr3t:#1$HOME"
BASIC = base64.b64encode(f"123:{SECRET}".encode()).decode()
#: A kind of credential, as it is written and as the endpoint must see it.
KINDS = {
    "basic": ("{basic: {username: '123', password: SOURCE}}", ("Authorization", f"Basic {BASIC}")),
    "bearer": ("{bearer: SOURCE}", ("Authorization", f"Bearer {SECRET}")),
    "header": ("{header: {name: Api-Key, value: SOURCE}}", ("Api-Key", SECRET)),
}
FIELDS = {"spec.nodeName": "n", "status.hostIP": "10.0.0.1", "status.podIP": "127.0.0.1"}


def remote() -> AbstractContextManager[Endpoint]:
    """Give an endpoint that takes OTLP."""
    return serving("application/x-protobuf")


def receive(argv: list[str], env: dict[str, str], log: Path, endpoint: Endpoint) -> dict[str, str]:
    """Run the collector with ``env`` and nothing else until the endpoint is reached, and return the headers."""
    deadline = time.monotonic() + 60.0
    with log.open("wb") as stream, subprocess.Popen(argv, stdout=stream, stderr=stream, env=env) as process:
        try:
            while process.poll() is None and time.monotonic() < deadline:
                with suppress(Empty):
                    return endpoint.seen.get(timeout=0.5)[1]
        finally:
            process.terminate()
            process.wait(30)
    raise AssertionError(log.read_text())


def define(kind: str, source: str, port: int) -> Pipeline:
    auth = KINDS[kind][0].replace("SOURCE", source)
    return parse_pipeline(
        "apps: [{name: elsewhere, target: '127.0.0.1:1'}]\n"
        "scrape: {interval: 1s}\n"
        "collector: {host_metrics: {enabled: true, interval: 1s, scrapers: [load]}, otlp: {enabled: false}}\n"
        f"storage: {{remote: {{url: 'http://127.0.0.1:{port}', headers: {{X-Tenant: a$b}}, auth: {auth}}}}}\n"
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("source", "variable"),
    [
        ("{env: REMOTE_KEY}", "REMOTE_KEY"),
        ("{env: REMOTE_KEY, secret: {name: remote, key: key}}", "REMOTE_KEY"),
        ("{secret: {name: my-remote, key: api.key}}", "MY_REMOTE_API_KEY"),
    ],
)
def test_a_local_run_authenticates(
    otelcol_binary: Path,
    tmp_path: Path,
    free_ports: Callable[[int], list[int]],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    source: str,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, SECRET)
    with remote() as endpoint:
        viewer, http, otlp, health, telemetry = free_ports(5)
        pipeline = define(kind, source, endpoint.port)
        settings = LocalSettings(tmp_path, LocalPorts(viewer, http, otlp, health, telemetry))
        write_files(render_local(pipeline, settings), tmp_path)
        binaries = {"otelcol": otelcol_binary, "prometheus": Path("/not/started")}
        options = RunOptions(pipeline, tmp_path, tmp_path)
        specs = {spec.name: spec for spec in plan_processes(Stack(options, settings, binaries))}
        spec = specs["otelcol"]

        headers = receive(list(spec.argv), dict(spec.env), tmp_path / "log", endpoint)

    name, value = KINDS[kind][1]
    assert (headers[name], headers["X-Tenant"]) == (value, "a$b")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "source", ["{env: REMOTE_KEY, secret: {name: remote, key: key}}", "{secret: {name: remote, key: key}}"]
)
def test_a_pod_authenticates(
    otelcol_binary: Path, tmp_path: Path, free_ports: Callable[[int], list[int]], kind: str, source: str
) -> None:
    with remote() as endpoint:
        pipeline = define(kind, source, endpoint.port)
        objects = [item for items in build(pipeline, compose(pipeline)).values() for item in items]
        (daemon,) = [item for item in objects if item["kind"] == "DaemonSet"]
        (config,) = [item for item in objects if item["metadata"]["name"] == "otel-collector-config"]
        (container,) = daemon["spec"]["template"]["spec"]["containers"]
        (tmp_path / "config.yaml").write_text(config["data"]["config.yaml"])
        (tmp_path / "here.yaml").write_text(dump_yaml(outside_a_pod(tmp_path, *free_ports(2))))
        argv = [str(otelcol_binary), "--config", str(tmp_path / "config.yaml"), "--config", str(tmp_path / "here.yaml")]

        headers = receive(argv, environment_of(container), tmp_path / "log", endpoint)

    name, value = KINDS[kind][1]
    assert (headers[name], headers["X-Tenant"]) == (value, "a$b")


def environment_of(container: dict[str, Any]) -> dict[str, str]:
    """Fill the container's variables as the kubelet does, and no others."""
    env = {}
    for entry in container["env"]:
        source = entry.get("valueFrom", {})
        if "fieldRef" in source:
            env[entry["name"]] = FIELDS[source["fieldRef"]["fieldPath"]]
        elif "secretKeyRef" in source:
            assert source["secretKeyRef"] == {"name": "remote", "key": "key"}
            env[entry["name"]] = SECRET
        else:
            env[entry["name"]] = entry["value"]
    return env


def outside_a_pod(folder: Path, health: int, telemetry: int) -> dict[str, Any]:
    """What must differ where there is no API server and no host path: only what is read, never where it goes."""
    queue = str(folder / "queue")
    reader = {"pull": {"exporter": {"prometheus": {"host": "127.0.0.1", "port": telemetry}}}}
    pipeline = {"receivers": ["host_metrics"], "processors": ["memory_limiter"]}
    return {
        "extensions": {
            "file_storage/queue": {"directory": queue, "compaction": {"directory": queue}},
            "health_check": {"endpoint": f"127.0.0.1:{health}"},
        },
        "receivers": {"host_metrics": {"root_path": ""}},
        "service": {
            "telemetry": {"metrics": {"readers": [reader]}},
            "pipelines": {"metrics/apps": pipeline, "metrics/kubelet": pipeline, "metrics/host": pipeline},
        },
    }
