"""A collector that could not lock its queue is told from other crashes, with the pod that holds the lock."""

from __future__ import annotations

from typing import Any

from kubeglass.deploy.causes.cause import Cause
from kubeglass.deploy.rollout.queue_lock import explain_lock
from tests.unit.deploy.fake_cluster import FakeCluster, make_object

FOLDER = "/var/lib/kubeglass/otelcol"
LOCKED = Cause(
    "pod otel-collector-1, container otel-collector: CrashLoopBackOff: Error, exit code 1, 1 restarts",
    evidence=('log otel-collector: … failed to start "otlp_http/prometheus" exporter: timeout',),
)


def make_collector(name: str, *, namespace: str = "shop", folder: str = FOLDER, node: str = "node-1") -> dict[str, Any]:
    volumes = [{"name": "config"}, {"name": "queue", "hostPath": {"path": folder}}]
    return make_object("Pod", name, namespace=namespace, spec={"nodeName": node, "volumes": volumes})


def explain(*others: dict[str, Any], failure: Cause = LOCKED) -> str:
    cluster = FakeCluster()
    own = make_collector("otel-collector-1")
    for pod in (own, *others):
        cluster.put(pod)
    return explain_lock(cluster, own, failure).message


def test_the_pod_with_the_same_folder_on_the_same_node_is_named() -> None:
    message = explain(
        make_collector("otel-collector-2", namespace="other", folder=f"{FOLDER}/"),
        make_collector("otel-collector-3", namespace="other", node="node-2"),
        make_collector("otel-collector-4", namespace="third", folder="/var/lib/kubeglass/third/otelcol"),
    )

    assert message == (
        f"pod otel-collector-1: the queue folder {FOLDER} on node node-1 is used by another collector:"
        " other/otel-collector-2"
    )


def test_a_holder_that_is_no_pod_is_not_known() -> None:
    assert explain().endswith("is used by another collector: not known which")


def test_another_failure_stays_as_it_is() -> None:
    other = Cause("pod otel-collector-1: CrashLoopBackOff", evidence=("log otel-collector: no space left on device",))

    assert explain(failure=other) == other.message
