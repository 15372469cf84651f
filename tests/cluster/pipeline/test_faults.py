"""Under traffic, pods, the collector and Prometheus end and a new release is rolled out: no count is lost."""

from __future__ import annotations

import json

import pytest

from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, Stand, read_account


def pod_names(stand: Stand, app: str, namespace: str) -> list[str]:
    path = f"/api/v1/namespaces/{namespace}/pods?labelSelector=app.kubernetes.io/name={app}"
    return [f"pod/{item['metadata']['name']}" for item in stand.cluster.read(path)["items"]]


def wait_until_ready(stand: Stand, kind: str, name: str, namespace: str) -> None:
    stand.cluster.kubectl("rollout", "status", f"{kind}/{name}", "--namespace", namespace, "--timeout=120s")


@pytest.mark.parametrize(
    ("kind", "name", "in_apps"),
    [("deployment", APP, True), ("daemonset", "otel-collector", False), ("statefulset", "prometheus", False)],
)
def test_a_pod_that_is_deleted_costs_no_count(deployed: Stand, kind: str, name: str, in_apps: bool) -> None:
    namespace = deployed.apps if in_apps else deployed.name
    victim = pod_names(deployed, name, namespace)[0]
    before = deployed.counted()

    with deployed.traffic() as totals:
        deployed.cluster.kubectl("delete", victim, "--namespace", namespace)
        wait_until_ready(deployed, kind, name, namespace)
        reached = read_account(totals)[0]
        wait_until(lambda: read_account(totals)[0] > reached + 60, "traffic afterwards")

    deployed.expect_reconciled(totals, before)


def evict(stand: Stand, pod: str) -> str:
    """Evict a pod as ``kubectl drain`` does, and return the server's response."""
    name = pod.removeprefix("pod/")
    request = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": stand.apps}}
    path = f"/api/v1/namespaces/{stand.apps}/pods/{name}/eviction"
    return stand.cluster.kubectl("create", "--raw", path, "--filename=-", stdin=json.dumps(request), check=False)


def test_draining_a_node_takes_one_pod_after_another_and_costs_no_count(deployed: Stand) -> None:
    first, second = pod_names(deployed, APP, deployed.apps)
    before = deployed.counted()

    with deployed.traffic() as totals:
        evict(deployed, first)
        refused = evict(deployed, second)
        wait_until(lambda: "Success" in evict(deployed, second), "the second eviction")
        wait_until_ready(deployed, "deployment", APP, deployed.apps)

    assert "would violate the pod's disruption budget" in refused
    deployed.expect_reconciled(totals, before)


def test_a_new_release_costs_no_count(deployed: Stand) -> None:
    old = set(pod_names(deployed, APP, deployed.apps))
    before = deployed.counted()
    deployed.define(release="2")

    with deployed.traffic() as totals:
        deployed.kubeglass("deploy", "--no-verify")
        wait_until(lambda: not old & set(pod_names(deployed, APP, deployed.apps)), "the end of the old pods")

    deployed.expect_reconciled(totals, before)


def test_a_container_that_is_killed_shows_as_a_restart(deployed: Stand) -> None:
    ours = f'k8s_namespace_name="{deployed.name}", k8s_container_name="viewer"'
    restarts = f"resets(container_uptime_seconds_total{{{ours}}}[5m])"
    wait_until(lambda: bool(deployed.query(restarts)), "the page's uptime")
    before = sum(value for _, value in deployed.query(restarts))
    pod = deployed.get("pods")["items"]
    (container,) = (
        status["containerID"].removeprefix("containerd://")
        for item in pod
        for status in item["status"]["containerStatuses"]
        if status["name"] == "viewer"
    )

    deployed.cluster.run_on_node(["ctr", "--namespace", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", container])

    wait_until(lambda: sum(value for _, value in deployed.query(restarts)) == before + 1, "the restart on the panel")


def test_a_collector_that_is_killed_finds_its_queue_again(deployed: Stand) -> None:
    before = deployed.counted()
    collector = pod_names(deployed, "otel-collector", deployed.name)[0]

    with deployed.traffic() as totals:
        deployed.cluster.kubectl("scale", "statefulset/prometheus", "--replicas=0", "--namespace", deployed.name)
        wait_until(lambda: not pod_names(deployed, "prometheus", deployed.name), "the end of Prometheus")
        reached = read_account(totals)[0]
        wait_until(lambda: read_account(totals)[0] > reached + 150, "traffic without Prometheus")
        deployed.cluster.kubectl("delete", collector, "--namespace", deployed.name, "--grace-period=0", "--force")
        wait_until_ready(deployed, "daemonset", "otel-collector", deployed.name)
        deployed.cluster.kubectl("scale", "statefulset/prometheus", "--replicas=1", "--namespace", deployed.name)
        wait_until_ready(deployed, "statefulset", "prometheus", deployed.name)

    deployed.expect_reconciled(totals, before)
    outage = deployed.query(f'count_over_time(up{{job="{APP}",k8s_namespace_name="{deployed.apps}"}}[1m])')
    assert max(value for _, value in outage) > 20
