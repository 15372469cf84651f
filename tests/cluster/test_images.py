"""Images built without Docker run and respond on a real node under the strictest pod security."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kubeglass.engines.platform import detect_platform
from kubeglass.images.archive import ArchivedImage, write_archive
from kubeglass.images.image import File, Image
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.failure import BedError
from tests.cluster.bed.waiting import wait_until

COLLECTOR_CONFIG = """
extensions: {health_check: {endpoint: "0.0.0.0:13133"}}
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:4318"}}}}
exporters: {otlp_http: {endpoint: "http://127.0.0.1:9090"}}
service: {extensions: [health_check], pipelines: {metrics: {receivers: [otlp], exporters: [otlp_http]}}}
"""
FILES = {"collector.yaml": COLLECTOR_CONFIG, "prometheus.yml": "global: {}\n"}

#: The arguments of each image, and where it reports its health.
ARGUMENTS = {
    "shop": (None, 8000, "/metrics"),
    "collector": (["--config=/files/collector.yaml"], 13133, "/"),
    "prometheus": (["--config.file=/files/prometheus.yml", "--storage.tsdb.path=/tmp/data"], 9090, "/-/healthy"),
    "viewer": (
        [
            "--host=0.0.0.0",
            "--port=3000",
            "--prometheus=http://127.0.0.1:9090",
            "--dashboards=/files",
        ],
        3000,
        "/healthz",
    ),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_image_runs_unprivileged_and_answers(
    cluster: Cluster, namespace: str, images: dict[str, ArchivedImage], name: str
) -> None:
    """Under the restricted Pod Security Standard, with a read-only root file system."""
    arguments, port, path = ARGUMENTS[name]
    cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    objects = [_config_map(), _pod(images[name].reference, arguments, port, path)]
    stdin = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})

    cluster.kubectl("apply", "--namespace", namespace, "--filename=-", stdin=stdin)
    cluster.kubectl("wait", "--namespace", namespace, "--for=condition=Ready", "pod/it", "--timeout=60s")

    status = json.loads(cluster.kubectl("get", "pod", "it", "--namespace", namespace, "--output=json"))["status"]
    assert status["containerStatuses"][0]["restartCount"] == 0
    assert _find_user(cluster, namespace) == "10001 10001"


def test_the_shop_is_instrumented_from_its_image(
    cluster: Cluster, namespace: str, images: dict[str, ArchivedImage]
) -> None:
    pod = _pod(images["shop"].reference, None, 8000, "/metrics")
    cluster.kubectl("apply", "--namespace", namespace, "--filename=-", stdin=json.dumps(_config_map()))
    cluster.kubectl("apply", "--namespace", namespace, "--filename=-", stdin=json.dumps(pod))
    cluster.kubectl("wait", "--namespace", namespace, "--for=condition=Ready", "pod/it", "--timeout=60s")
    address = cluster.kubectl("get", "pod", "it", "--namespace", namespace, "--output=jsonpath={.status.podIP}")
    ask = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"

    cluster.run([sys.executable, "-c", ask, f"http://{address}:8000/"])
    metrics = cluster.run([sys.executable, "-c", ask, f"http://{address}:8000/metrics"]).stdout

    counted = [
        (sample.labels, sample.value)
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == "http_requests_total"
    ]
    assert counted == [({"method": "GET", "endpoint": "/", "status": "200"}, 1.0)]


def test_the_command_loads_images_into_the_node(
    cluster: Cluster, images: dict[str, ArchivedImage], tmp_path: Path
) -> None:
    """With containerd's own client, as on a kubeadm node."""
    folder = tmp_path / ".kubeglass" / "images"
    folder.mkdir(parents=True)
    (folder / "viewer.tar").symlink_to(images["viewer"].path)

    said = cluster.run_on_node([sys.executable, "-m", "kubeglass", "images", "load", "viewer"], cwd=tmp_path)

    assert f"{images['viewer'].reference} loaded into containerd" in said


def test_an_image_for_another_processor_is_not_loaded(cluster: Cluster, tmp_path: Path) -> None:
    foreign = {"amd64": "arm64", "arm64": "amd64"}[detect_platform().arch]
    reference = f"localhost/kubeglass/{tmp_path.name}:1"
    image = Image(reference, ((File("a", b"1"),),), ("/a",), architecture=foreign)
    write_archive(image, tmp_path / ".kubeglass" / "images" / "foreign.tar")

    with pytest.raises(BedError) as refusal:
        cluster.run_on_node([sys.executable, "-m", "kubeglass", "images", "load"], cwd=tmp_path)

    assert f"{reference}: cannot run on this node (the image is {foreign}, the node {detect_platform().arch}); " in str(
        refusal.value
    )
    assert reference not in cluster.run_on_node(["ctr", "--namespace", "k8s.io", "images", "list"])


def _config_map() -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "files"}, "data": FILES}


def _pod(image: str, arguments: list[str] | None, port: int, path: str) -> dict[str, Any]:
    container = {
        "name": "it",
        "image": image,
        "imagePullPolicy": "Never",
        "args": arguments,
        "readinessProbe": {"httpGet": {"port": port, "path": path}, "periodSeconds": 1},
        "securityContext": {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "metrics", "mountPath": "/run/metrics"},
            {"name": "files", "mountPath": "/files"},
        ],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "it"},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            # Without a user, so that the image's own is used.
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
            "volumes": [
                {"name": "tmp", "emptyDir": {}},
                {"name": "metrics", "emptyDir": {}},
                {"name": "files", "configMap": {"name": "files"}},
            ],
        },
    }


def _find_user(cluster: Cluster, namespace: str) -> str:
    """Return the user and the group of the pod's first process, read on the node, because images have no shell."""
    words = cluster.kubectl("get", "pod", "it", "--namespace", namespace, "--output=jsonpath={..containerID}")
    container = words.removeprefix("containerd://")
    found: list[str] = []

    def is_found() -> bool:
        listing = cluster.run_on_node(["ctr", "--namespace", "k8s.io", "tasks", "list"])
        found[:] = [line.split()[1] for line in listing.splitlines() if line.startswith(container)]
        return bool(found)

    wait_until(is_found, "the container's task", timeout_s=10)
    status = cluster.run_on_node(["cat", f"/proc/{found[0]}/status"])
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return f"{lines['Uid'].split()[0]} {lines['Gid'].split()[0]}"
