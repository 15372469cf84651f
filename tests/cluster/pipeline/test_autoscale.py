"""How many pods there are, and where: set by one party at a time, an autoscaler, somebody at kubectl or kubeglass."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.optional import install_metrics_server
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, Stand

FIXED = "replicas: 3"
#: Three percent of a core: the shop needs less when nobody asks it, and more under any load.
SCALED = "autoscale: {min: 2, max: 5, cpu: 60%}"
SECONDS = 120.0
#: With every amount that the quota below asks for.
RESOURCES = "{requests: {cpu: 50m, memory: 96Mi}, limits: {cpu: 1, memory: 512Mi}}"
PLACEMENT = f"""\
  viewer: {{resources: {RESOURCES}}}
  placement:
    node_selector: {{kubernetes.io/os: linux}}
    tolerations: [{{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}}]
    priority_class: system-cluster-critical
"""
QUOTA = """
apiVersion: v1
kind: ResourceQuota
metadata: {name: all}
spec: {hard: {requests.cpu: "10", requests.memory: 10Gi, limits.cpu: "20", limits.memory: 10Gi}}
"""


@pytest.fixture(scope="module", autouse=True)
def metrics_server(cluster: Cluster) -> None:
    """What the autoscaler asks for the pods' CPU."""
    install_metrics_server(cluster)


@pytest.fixture(scope="module")
def fixed(stand: Stand) -> Stand:
    """A pipeline whose app has three pods, in namespaces with a quota, which refuses pods that leave an amount open."""
    for namespace in (stand.name, stand.apps):
        stand.cluster.kubectl("create", "namespace", namespace)
        stand.cluster.kubectl("apply", "--namespace", namespace, "--filename", "-", stdin=QUOTA)
    define(stand, FIXED)
    stand.kubeglass("deploy", "--no-verify")
    return stand


def define(stand: Stand, scaling: str) -> None:
    stand.define(replicas=3)
    path = stand.folder / "kubeglass.yaml"
    text = re.sub(r"resources: \{requests: .*?\}, limits: .*?\}\}", f"resources: {RESOURCES}", path.read_text())
    text = text.replace("collector:\n", f"collector:\n  resources: {RESOURCES}\n")
    path.write_text(text.replace(FIXED, scaling) + PLACEMENT)


def deployment(stand: Stand) -> dict[str, Any]:
    return stand.get("deployment", APP, namespace=stand.apps)


def replicas(stand: Stand) -> int:
    return int(deployment(stand)["spec"]["replicas"])


def removals(stand: Stand) -> list[str]:
    """Every time pods were removed, in the words of the Deployment's controller."""
    events = stand.get("events", namespace=stand.apps)["items"]
    return [event["message"] for event in events if event["message"].startswith("Scaled down")]


def test_every_part_runs_where_the_definition_says(fixed: Stand) -> None:
    parts = [(APP, fixed.apps), ("prometheus", fixed.name), ("viewer", fixed.name)]
    for name, namespace in parts:
        words = ["pods", "--namespace", namespace, "--selector", f"app.kubernetes.io/name={name}", "--output=json"]
        pods = json.loads(fixed.cluster.kubectl("get", *words))["items"]
        assert pods, name
        for pod in pods:
            assert pod["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}
            assert pod["spec"]["priorityClassName"] == "system-cluster-critical"
            assert "node-role.kubernetes.io/control-plane" in {each.get("key") for each in pod["spec"]["tolerations"]}


def test_an_autoscaler_takes_over_the_pods_there_are(fixed: Stand) -> None:
    """Without a hand-over, a field that is no longer applied falls to its default: one pod."""
    define(fixed, SCALED)
    difference = fixed.kubeglass("deploy", "--diff").stdout
    changed = fixed.kubeglass("deploy")

    assert "horizontalpodautoscaler/python-app created" in changed.stderr
    assert "-  replicas: 3" not in difference
    assert replicas(fixed) >= 3
    assert removals(fixed) == []


def test_load_adds_pods_and_a_deploy_leaves_them(fixed: Stand) -> None:
    with fixed.traffic(rate=100):
        wait_until(lambda: replicas(fixed) > 3, "the autoscaler's first step", timeout_s=SECONDS)
        added = replicas(fixed)
        again = fixed.kubeglass("deploy")
        difference = fixed.kubeglass("deploy", "--diff").stdout

    assert "created" not in again.stdout
    assert "changed" not in again.stdout.replace("unchanged", "")
    assert difference.strip() == "no difference"
    assert replicas(fixed) >= added
    assert removals(fixed) == []


def test_a_fixed_number_comes_back_and_the_autoscaler_goes_first(fixed: Stand) -> None:
    define(fixed, "replicas: 2")

    fixed.kubeglass("deploy", "--no-verify")

    assert replicas(fixed) == 2
    assert fixed.get("horizontalpodautoscaler", namespace=fixed.apps)["items"] == []
    assert "kube-controller-manager" not in owners_of_replicas(fixed)


def test_a_number_set_by_hand_is_named_with_the_way_out_and_then_kept(fixed: Stand) -> None:
    fixed.cluster.kubectl("--namespace", fixed.apps, "scale", f"deployment/{APP}", "--replicas=3")
    refused = fixed.kubeglass("deploy", "--no-verify", check=False)
    define(fixed, "replicas: null")
    fixed.kubeglass("deploy")

    assert refused.returncode != 0
    assert "replicas: null" in refused.stderr
    assert replicas(fixed) == 3


def owners_of_replicas(stand: Stand) -> list[str]:
    words = ["get", "deployment", APP, "--namespace", stand.apps, "--output=json", "--show-managed-fields"]
    entries = json.loads(stand.cluster.kubectl(*words))["metadata"]["managedFields"]
    return [entry["manager"] for entry in entries if "f:replicas" in (entry["fieldsV1"].get("f:spec") or {})]
