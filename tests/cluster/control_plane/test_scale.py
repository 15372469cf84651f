"""A hundred nodes and a thousand pods: what one collector costs the API server, and what a deployment takes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.waiting import wait_until
from tests.cluster.control_plane.fleet import (
    NodeCollector,
    collect_on,
    count_watches,
    list_pods,
    make_nodes,
    make_volume,
)
from tests.cluster.pipeline.stand import APP, Stand

NODES, PODS = 100, 1000
NODE = "node-42"
MOVED = 100


@pytest.fixture(scope="module")
def fleet(control_plane: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Stand:
    """The rendered pipeline on simulated nodes: a collector on each, and a thousand pods of the app."""
    make_nodes(control_plane, NODES)
    make_volume(control_plane, "local-path")
    stand = Stand(control_plane, tmp_path_factory.mktemp("fleet"), "fleet", 31500)
    stand.define(replicas=PODS, interval="5s")
    begin = time.monotonic()
    stand.kubeglass("deploy", "--no-verify", "--timeout", "120")
    print(f"deployed {PODS} pods on {NODES} nodes in {time.monotonic() - begin:.1f} s")
    return stand


@pytest.fixture(scope="module")
def watches_without(fleet: Stand) -> dict[str, int]:
    """The watches that exist before any collector runs."""
    return count_watches(fleet.cluster)


@pytest.fixture(scope="module")
def collector(
    fleet: Stand, watches_without: dict[str, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NodeCollector]:
    """The collector of one node, once it has found its pods."""
    with collect_on(fleet, NODE, tmp_path_factory.mktemp("collector")) as running:
        wait_until(lambda: bool(running.found_pods()), "the first scrape", timeout_s=40)
        yield running


def test_deploy_waits_for_every_pod_and_collector(fleet: Stand) -> None:
    # It is not healthy: simulated nodes have no kubelet that leads to Prometheus.
    said = json.loads(fleet.kubeglass("status", "--cluster", "--json", check=False).stdout)
    parts = {part["object"]: part for part in said["pipelines"][0]["parts"]}

    assert {part["state"] for part in parts.values()} == {"ready"}
    assert len(list_pods(fleet.cluster, fleet.apps)) == PODS
    assert len(list_pods(fleet.cluster, fleet.name)) == NODES + 2


def test_a_dry_run_costs_no_more_for_a_thousand_pods(fleet: Stand) -> None:
    begin = time.monotonic()
    said = fleet.kubeglass("deploy", "--dry-run").stdout
    print(f"tried in {time.monotonic() - begin:.1f} s")

    assert "unchanged" in said
    assert "created" not in said


def test_a_collector_finds_the_pods_of_its_own_node_and_no_other(fleet: Stand, collector: NodeCollector) -> None:
    own = set(list_pods(fleet.cluster, fleet.apps, NODE))

    wait_until(lambda: collector.found_pods() == own, f"finding {sorted(own)}", timeout_s=30)
    assert 0 < len(own) < PODS / 10
    assert "k8s.deployment.name: Str(python-app)" in collector.log.read_text()


def test_a_collector_watches_pods_only_and_receives_little(
    fleet: Stand, watches_without: dict[str, int], collector: NodeCollector
) -> None:
    watches = count_watches(fleet.cluster)
    everything = len(fleet.cluster.kubectl("get", "--raw", f"/api/v1/namespaces/{fleet.apps}/pods"))
    print(f"received {collector.received()} bytes; all pods are {everything}")

    added = {name: count - watches_without.get(name, 0) for name, count in watches.items()}
    assert {name: count for name, count in added.items() if count} == {"pods": 4}
    assert 0 < collector.received() < everything / 10


def test_pods_that_come_and_go_elsewhere_cost_it_nothing(fleet: Stand, collector: NodeCollector) -> None:
    kubectl = fleet.cluster.kubectl
    own = set(list_pods(fleet.cluster, fleet.apps, NODE))
    others = [name for name in list_pods(fleet.cluster, fleet.apps) if name not in own][:MOVED]
    before = collector.received()

    kubectl("delete", "pod", "--namespace", fleet.apps, "--wait=false", *others)
    kubectl("rollout", "status", f"deployment/{APP}", "--namespace", fleet.apps, "--timeout=60s")

    come = set(list_pods(fleet.cluster, fleet.apps, NODE)) - own
    one = len(kubectl("get", "pod", "--namespace", fleet.apps, "--output=json", sorted(own)[0]))
    print(f"{MOVED} pods elsewhere, {len(come)} here: {collector.received() - before} bytes, one pod is {one}")
    # A new pod on this node is reported five times: created, bound, ready, and on two watches.
    assert collector.received() - before <= 10_000 + 10 * one * len(come)
