"""Simulated nodes with many pods of the rendered app, and the real collector of one of them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from kubeglass.engines.install.resolve import resolve
from kubeglass.engines.registry import OTELCOL
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.layout import NODE_IP
from tests.cluster.bed.namespaces import enter
from tests.cluster.pipeline.stand import Stand

_WATCHES = re.compile(
    r'^apiserver_longrunning_requests\{.*resource="(?P<resource>\w+)".*verb="WATCH".*\} (?P<count>\d+)'
)
_POD_NAME = re.compile(r"-> k8s\.pod\.name: Str\((.+)\)")
_RECEIVED = re.compile(r"pid=(?P<pid>\d+),.*bytes_received:(?P<bytes>\d+)")


def make_nodes(cluster: Cluster, count: int) -> None:
    """Create nodes that KWOK simulates, with room for twice the usual number of pods."""
    sizes = {"cpu": "32", "memory": "128Gi", "pods": "110"}
    nodes = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"node-{number}", "labels": {"kubernetes.io/hostname": f"node-{number}"}},
            "status": {"allocatable": sizes, "capacity": sizes},
        }
        for number in range(count)
    ]
    cluster.kubectl("create", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes}))


def make_volume(cluster: Cluster, storage_class: str) -> None:
    """Create the one volume that is claimed: this cluster has no provisioner."""
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "by-hand"},
        "spec": {
            "storageClassName": storage_class,
            "capacity": {"storage": "100Gi"},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/nowhere"},
        },
    }
    cluster.kubectl("create", "--filename=-", stdin=json.dumps(volume))


def count_watches(cluster: Cluster) -> dict[str, int]:
    """Count the watches that the API server serves right now, by resource."""
    counts: dict[str, int] = {}
    for line in cluster.kubectl("get", "--raw", "/metrics").splitlines():
        if match := _WATCHES.match(line):
            counts[match["resource"]] = counts.get(match["resource"], 0) + int(match["count"])
    return counts


def list_pods(cluster: Cluster, namespace: str, node: str = "") -> list[str]:
    """Return the names of the pods in a namespace, or of those on one node."""
    narrowed = [f"--field-selector=spec.nodeName={node}"] if node else []
    said = cluster.kubectl("get", "pods", "--namespace", namespace, "--output=name", *narrowed)
    return [line.removeprefix("pod/") for line in said.split()]


@dataclass(frozen=True, slots=True)
class NodeCollector:
    """The running collector of one node.

    Args:
        cluster: its cluster.
        pid: its process.
        log: what it says, every metric among it.
    """

    cluster: Cluster
    pid: int
    log: Path

    def found_pods(self) -> set[str]:
        """Return the names of the pods it has scraped, or tried to."""
        return set(_POD_NAME.findall(self.log.read_text()))

    def received(self) -> int:
        """Return the number of bytes the API server has sent it."""
        said = self.cluster.run(
            ["ss", "--tcp", "--info", "--processes", "--oneline", "--no-header", "dst", "127.0.0.1:6443"]
        )
        return sum(int(found["bytes"]) for found in _RECEIVED.finditer(said.stdout) if int(found["pid"]) == self.pid)


@contextmanager
def collect_on(stand: Stand, node: str, folder: Path) -> Iterator[NodeCollector]:
    """Run the real collector as its pod on ``node`` would, with the rendered discovery and rights."""
    cluster = stand.cluster
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(_kubeconfig_of_collector(stand)))
    config = folder / "otelcol.json"
    config.write_text(json.dumps(_discovery_alone(stand, kubeconfig)))
    variables = {
        "K8S_NODE_NAME": node,
        "K8S_NODE_IP": NODE_IP,
        "K8S_POD_IP": "127.0.0.1",
        "KUBECONFIG": str(kubeconfig),
    }
    log = folder / "otelcol.log"
    command = [*enter(cluster.pid), str(resolve(OTELCOL).path), f"--config={config}"]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=variables, stdout=stream, stderr=stream)
    try:
        yield NodeCollector(cluster, process.pid, log)
    finally:
        process.kill()
        process.wait()


def _kubeconfig_of_collector(stand: Stand) -> dict[str, Any]:
    kubectl = stand.cluster.kubectl
    document: dict[str, Any] = json.loads(kubectl("config", "view", "--raw", "--output=json"))
    token = kubectl("create", "token", "otel-collector", "--namespace", stand.name).strip()
    document["users"][0]["user"] = {"token": token}
    return document


def _discovery_alone(stand: Stand, kubeconfig: Path) -> dict[str, Any]:
    """Return the rendered discovery and attributes, with the address of this API server."""
    rendered = YAML(typ="safe").load(stand.get("configmap", "otel-collector-config")["data"]["config.yaml"])
    prometheus = rendered["receivers"]["prometheus"]
    attributes = {name: found for name, found in rendered["processors"].items() if name.startswith("k8s_attributes")}
    for scrape in prometheus["config"]["scrape_configs"]:
        for discovery in scrape["kubernetes_sd_configs"]:
            discovery["kubeconfig_file"] = str(kubeconfig)
    for processor in attributes.values():
        processor["auth_type"] = "kubeConfig"
    way = {"receivers": ["prometheus"], "processors": list(attributes), "exporters": ["debug"]}
    return {
        "receivers": {"prometheus": prometheus},
        "processors": attributes,
        "exporters": {"debug": {"verbosity": "detailed"}},
        "service": {"pipelines": {"metrics/apps": way}, "telemetry": {"metrics": {"level": "none"}}},
    }
