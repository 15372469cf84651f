"""Why a pod does not start or become ready, from a real scheduler, kubelet, kernel and API server."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubeglass.images.archive import ArchivedImage
from tests.cluster.bed.namespaces import enter
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.conftest import remove
from tests.cluster.pipeline.stand import APP, KUBEGLASS, Stand

#: An app with the fault that its environment names.
SOURCE = """\
import os
import time

if os.environ.get("FAULT") == "memory":
    hoard = b"x" * (400 << 20)
if os.environ.get("FAULT") == "hang":
    time.sleep(600)
import flask

app = flask.Flask(__name__)
"""
HANGING_LINE = SOURCE.splitlines().index("    time.sleep(600)") + 1


def apply(stand: Stand, *items: dict[str, Any]) -> None:
    document = {"apiVersion": "v1", "kind": "List", "items": list(items)}
    stand.cluster.kubectl("apply", "--filename=-", stdin=json.dumps(document))


def make(kind: str, name: str, namespace: str = "", api_version: str = "v1", **rest: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def define(stand: Stand, *, storage_class: str, host_path: str, memory: str = "96Mi", fault: str = "none") -> None:
    """Write a definition whose app is mounted from the node and has a fault."""
    stand.define(replicas=1)
    definition = stand.folder / "kubeglass.yaml"
    text = definition.read_text().replace("shop:create_app()", "app:app").replace("local-path", storage_class)
    text = text.replace("memory: 96Mi", f"memory: {memory}").replace("RELEASE: '1'", f"FAULT: {fault}")
    definition.write_text(text.replace("    threads: 4\n", f"    threads: 4\n    host_path: {{{host_path}}}\n"))


@pytest.fixture(scope="module")
def source(stand: Stand, images: dict[str, ArchivedImage]) -> Path:
    """The app's source on the node, and the image that it runs in, whatever else is imported under its name."""
    path = stand.folder / "app.py"
    path.write_text(SOURCE)
    path.chmod(0o644)
    define(stand, storage_class="local-path", host_path=f"path: {path}")
    subprocess.run([KUBEGLASS, "images", "build", APP], cwd=stand.folder, check=True, capture_output=True)
    stand.cluster.import_image(stand.folder / ".kubeglass" / "images" / f"{APP}.tar")
    return path


@pytest.fixture(scope="module")
def storage_class(stand: Stand) -> Iterator[str]:
    """A class that did not exist when the claim of Prometheus was made; by now the claim is bound."""
    name = f"late-{secrets.token_hex(3)}"
    folder = stand.folder / "volume"
    folder.mkdir()
    folder.chmod(0o777)
    size = {"storage": "20Gi"}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": size}, "storageClassName": name}
    apply(stand, make("Namespace", stand.name), make("PersistentVolumeClaim", CLAIM, stand.name, spec=claim))
    wait_until(lambda: "ProvisioningFailed" in events_of(stand, CLAIM), "the complaint about the class")
    volume = {
        "accessModes": ["ReadWriteOnce"],
        "capacity": size,
        "storageClassName": name,
        "hostPath": {"path": str(folder)},
        "claimRef": {"namespace": stand.name, "name": CLAIM},
    }
    made = make("StorageClass", name, api_version="storage.k8s.io/v1", provisioner="kubernetes.io/no-provisioner")
    apply(stand, made, make("PersistentVolume", name, spec=volume))
    wait_until(lambda: stand.get("pvc", CLAIM)["status"]["phase"] == "Bound", "the volume")
    yield name
    remove(stand)
    stand.cluster.kubectl("delete", f"storageclass/{name}", f"persistentvolume/{name}", "--wait=false")


CLAIM = "data-prometheus-0"


def events_of(stand: Stand, name: str) -> str:
    words = ("get", "events", "--namespace", stand.name, "--field-selector", f"involvedObject.name={name}")
    return stand.cluster.kubectl(*words)


@pytest.fixture(scope="module")
def running(stand: Stand, source: Path, storage_class: str) -> tuple[Stand, str]:
    """The pipeline without a fault: what was said of the claim before it was bound is no cause."""
    define(stand, storage_class=storage_class, host_path=f"path: {source}")
    stand.kubeglass("deploy", "--no-verify")
    return stand, storage_class


def deploy(stand: Stand) -> subprocess.CompletedProcess[str]:
    begin = time.monotonic()
    result = stand.kubeglass("deploy", "--no-verify", check=False)
    print(f"{time.monotonic() - begin:.1f} s: {result.stderr}")
    return result


def deploy_until(words: str, stand: Stand) -> str:
    """Deploy until a line with ``words`` is shown while it waits, and return that line."""
    command = [*enter(stand.cluster.pid), str(KUBEGLASS), "deploy", "--no-verify"]
    environment = {**os.environ, "KUBECONFIG": str(stand.cluster.kubeconfig)}
    with subprocess.Popen(command, cwd=stand.folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            return next((line for line in process.stderr if words in line), "it ended")
        finally:
            process.terminate()


def test_an_old_event_about_a_claim_that_is_bound_is_no_cause(running: tuple[Stand, str]) -> None:
    stand, _ = running

    assert "ProvisioningFailed" in events_of(stand, CLAIM)


def test_workers_that_the_kernel_kills_are_named_with_the_limit(running: tuple[Stand, str], source: Path) -> None:
    stand, storage_class = running
    define(stand, storage_class=storage_class, host_path=f"path: {source}", fault="memory")

    result = deploy(stand)

    assert result.returncode == 9
    assert "out of memory: the kernel killed" in result.stderr
    assert "raise resources.limits.memory in kubeglass.yaml (now 256Mi), or lower workers (now 2)" in result.stderr


def test_an_import_that_hangs_is_named_by_file_and_line(running: tuple[Stand, str], source: Path) -> None:
    stand, storage_class = running
    define(stand, storage_class=storage_class, host_path=f"path: {source}", fault="hang")

    said = deploy_until("it hangs", stand)

    assert f"the app does not finish importing: it hangs at /app/app.py:{HANGING_LINE}" in said


def test_a_source_on_another_node_that_may_not_be_read_is_named_with_the_command(
    running: tuple[Stand, str], source: Path
) -> None:
    stand, storage_class = running
    node = stand.cluster.node_name
    define(stand, storage_class=storage_class, host_path=f"path: {source}, node: {node}")
    source.chmod(0o600)

    result = deploy(stand)

    source.chmod(0o644)
    assert result.returncode == 9
    assert f"{source} on node {node} cannot be read by the pod, which runs as 1000:1000" in result.stderr
    assert f"on node {node}, run: sudo chgrp 1000 {source} && sudo chmod g+r {source}" in result.stderr


def test_a_node_that_does_not_exist_is_named(running: tuple[Stand, str], source: Path) -> None:
    stand, storage_class = running
    define(stand, storage_class=storage_class, host_path=f"path: {source}, node: absent")

    result = deploy(stand)

    assert result.returncode == 9
    assert f"Unschedulable: no node is called absent (there is {stand.cluster.node_name})" in result.stderr
    assert "make room" not in result.stderr


def test_a_quota_is_named_with_what_is_left_of_it(running: tuple[Stand, str], source: Path) -> None:
    stand, storage_class = running
    define(stand, storage_class=storage_class, host_path=f"path: {source}", memory="200Mi")
    apply(stand, make("ResourceQuota", "small", stand.apps, spec={"hard": {"requests.memory": "250Mi"}}))

    result = deploy(stand)

    assert result.returncode == 9
    assert "ResourceQuota small has no room for the pod: it asks for requests.memory=200Mi" in result.stderr
    assert f"kubectl edit resourcequota small -n {stand.apps}" in result.stderr

    stand.cluster.kubectl("delete", "resourcequota", "small", "--namespace", stand.apps)


def test_a_limit_range_is_named(running: tuple[Stand, str], source: Path) -> None:
    stand, storage_class = running
    define(stand, storage_class=storage_class, host_path=f"path: {source}", memory="80Mi")
    bounds = {"limits": [{"type": "Container", "max": {"memory": "100Mi"}}]}
    apply(stand, make("LimitRange", "bounds", stand.apps, spec=bounds))

    result = deploy(stand)

    assert result.returncode == 9
    assert "LimitRange bounds allows a Container a maximum memory of 100Mi, but the limit is 256Mi" in result.stderr

    stand.cluster.kubectl("delete", "limitrange", "bounds", "--namespace", stand.apps)


def test_once_nothing_is_wrong_any_more_it_deploys(running: tuple[Stand, str], source: Path) -> None:
    stand, storage_class = running
    define(stand, storage_class=storage_class, host_path=f"path: {source}")

    assert deploy(stand).returncode == 0
