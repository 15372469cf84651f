"""The test cluster behaves like a real one where it matters, and leaves nothing on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.cluster.bed.cgroups import list_cgroups
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.failure import BedError
from tests.cluster.bed.layout import NODE_IP, REPOSITORY, find_layout
from tests.cluster.bed.life import end_cluster, start_cluster
from tests.cluster.bed.namespaces import INIT_MODULE, end_init, find_init
from tests.cluster.bed.settings import PAUSE_IMAGE
from tests.cluster.bed.waiting import wait_until

ASK_NODE_PORT = f"""
import urllib.request
print(urllib.request.urlopen("http://{NODE_IP}:30999/health", timeout=1).status)
"""

ASK_KUBELET = """
import ssl, sys, urllib.request
trusted = ssl.create_default_context(cafile=sys.argv[2])
request = urllib.request.Request(sys.argv[1], headers={"Authorization": f"Bearer {sys.argv[3]}"})
print(urllib.request.urlopen(request, context=trusted, timeout=10).read().decode())
"""

READER = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: NAME}
rules: [{apiGroups: [""], resources: [nodes/stats], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: NAME}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: NAME}
subjects: [{kind: ServiceAccount, name: default, namespace: NAME}]
"""

CLAIM = f"""
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: data}}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: local-path
  resources: {{requests: {{storage: 1Gi}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: user-of-data}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: pause
      image: {PAUSE_IMAGE}
      volumeMounts: [{{name: data, mountPath: /data}}]
  volumes: [{{name: data, persistentVolumeClaim: {{claimName: data}}}}]
"""


def test_services_have_names(cluster: Cluster) -> None:
    answer = cluster.run(
        [sys.executable, "-m", "tests.cluster.bed.dns", "kubernetes.default.svc.cluster.local"], cwd=REPOSITORY
    )

    assert answer.stdout.strip() == "10.96.0.1"


def test_the_api_server_answers_without_kubectl(cluster: Cluster, namespace: str) -> None:
    assert cluster.read(f"/api/v1/namespaces/{namespace}")["metadata"]["name"] == namespace
    with pytest.raises(BedError, match=r"^/api/v1/namespaces/absent: the API server answers 404: "):
        cluster.read("/api/v1/namespaces/absent")


def test_a_node_port_answers(cluster: Cluster) -> None:
    cluster.kubectl(
        "--namespace=kube-system", "create", "service", "nodeport", "health", "--tcp=8080:8080", "--node-port=30999"
    )
    try:
        cluster.kubectl("--namespace=kube-system", "set", "selector", "service/health", "k8s-app=kube-dns")
        answers = [sys.executable, "-c", ASK_NODE_PORT]
        wait_until(
            lambda: cluster.run(answers, check=False).stdout == "200\n", "an answer of the NodePort", timeout_s=20
        )
    finally:
        cluster.kubectl("--namespace=kube-system", "delete", "service", "health")


def test_the_kubelet_is_trusted_by_its_node_ip_and_asks_for_rights(cluster: Cluster, namespace: str) -> None:
    """As on K3s, the cluster's authority signs its certificate, so nobody has to skip verification."""
    cluster.kubectl("create", "serviceaccount", "stranger", "--namespace", namespace)
    cluster.kubectl("apply", "--filename=-", stdin=READER.replace("NAME", namespace))
    try:
        ask_as = partial(_ask_kubelet, cluster, namespace)
        wait_until(lambda: ask_as("default").returncode == 0, "the kubelet's answer", timeout_s=20)
        summary = json.loads(ask_as("default").stdout)
        refused = ask_as("stranger")
    finally:
        cluster.kubectl("delete", "clusterrole,clusterrolebinding", namespace)

    assert "403" in refused.stderr
    assert summary["node"]["nodeName"] == cluster.node_name
    assert summary["node"]["network"]["name"] == "eth0"
    assert [pod for pod in summary["pods"] if pod["podRef"]["name"].startswith("coredns")]


def test_a_claim_gets_a_local_path_volume_that_goes_with_it(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("apply", "--namespace", namespace, "--filename=-", stdin=CLAIM)
    cluster.kubectl("wait", "--namespace", namespace, "--for=condition=Ready", "pod/user-of-data", "--timeout=30s")
    volume = cluster.kubectl("get", "pvc", "data", "--namespace", namespace, "--output=jsonpath={.spec.volumeName}")

    cluster.kubectl("delete", "--namespace", namespace, "--filename=-", stdin=CLAIM)

    assert volume.startswith("pvc-")
    wait_until(lambda: volume not in cluster.kubectl("get", "pv", "--output=name"), "the volume's end", timeout_s=20)


def test_an_image_that_was_not_imported_fails_at_once(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("run", "absent", "--image=localhost/absent:1", "--namespace", namespace)
    reason = ["get", "pod", "absent", "--namespace", namespace, "--output=jsonpath={..waiting.reason}"]

    wait_until(lambda: "ImagePull" in cluster.kubectl(*reason), "the failed pull", timeout_s=15)


@pytest.fixture
def second_run(tmp_path: Path) -> Path:
    return tmp_path / "run"


def test_one_kill_ends_it_and_nothing_is_left(second_run: Path) -> None:
    """For a second cluster beside the first, as after a crash."""
    layout = replace(find_layout(), run=second_run)
    interfaces = _list_interfaces()
    cluster = start_cluster(layout)
    assert list_cgroups(layout.cgroup)

    end_init(cluster.pid)
    wait_until(lambda: _find_processes(str(second_run)) == [], "the end of every process", timeout_s=20)
    end_cluster(layout)

    assert not second_run.exists()
    assert list_cgroups(layout.cgroup) == []
    assert str(second_run) not in Path("/proc/self/mountinfo").read_text()
    assert _list_interfaces() == interfaces
    with pytest.raises(BedError, match="does not run"):
        cluster.kubectl("get", "nodes")


def _ask_kubelet(cluster: Cluster, namespace: str, account: str) -> subprocess.CompletedProcess[str]:
    token = cluster.kubectl("create", "token", account, "--namespace", namespace).strip()
    url, authority = f"https://{NODE_IP}:10250/stats/summary", cluster.layout.pki / "ca.crt"
    return cluster.run([sys.executable, "-c", ASK_KUBELET, url, authority, token], check=False)


def _find_processes(words: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if words.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def _list_interfaces() -> str:
    return subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout


def test_the_first_process_is_known_also_while_it_becomes_another_program(tmp_path: Path) -> None:
    layout = replace(find_layout(), run=tmp_path)
    script = tmp_path / "again"
    script.write_text('#!/bin/sh\nexec "$0" "$@"\n')
    script.chmod(0o755)

    with subprocess.Popen([script, INIT_MODULE, tmp_path]) as process:
        layout.pid_file.write_text(str(process.pid))
        found = {find_init(layout) for _ in range(500)}
        process.kill()

    assert found == {process.pid}
