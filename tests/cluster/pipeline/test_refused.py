"""A kubelet refuses the collector: the reason is recognised, and a right that was just granted is waited for."""

from __future__ import annotations

import pytest

from kubeglass.deploy.causes.cause import Cause
from kubeglass.deploy.verify.collector_diagnosis import find_refusal
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import Stand
from tests.cluster.pipeline.test_faults import wait_until_ready
from tests.cluster.pipeline.test_manifests import DOCUMENTED, FURTHER


def read_refusal(stand: Stand) -> Cause | None:
    log = stand.cluster.kubectl("logs", "daemonset/otel-collector", "--namespace", stand.name, "--tail=200")
    return find_refusal(log.splitlines())


@pytest.fixture(scope="module")
def refused(stand: Stand) -> Stand:
    """The manifests applied with kubectl, without the right to read the kubelets' statistics."""
    stand.kubeglass("render", "--to", "kubernetes")
    for name in (*DOCUMENTED, *FURTHER):
        file = stand.folder / "manifests" / name
        file.write_text(file.read_text().replace("nodes/stats", "nodes/absent"))
        stand.cluster.kubectl("apply", "--filename", file)
    wait_until_ready(stand, "daemonset", "otel-collector", stand.name)
    return stand


def test_the_collectors_log_says_which_right_is_missing(refused: Stand) -> None:
    wait_until(lambda: read_refusal(refused) is not None, "the kubelet's refusal")

    refusal = read_refusal(refused)
    assert refusal is not None
    account = f"user=system:serviceaccount:{refused.name}:otel-collector"
    assert refusal.message == f"Forbidden ({account}, verb=get, resource=nodes, subresource(s)=[stats])"
    assert refusal.patience > 30


def test_the_state_of_the_pipeline_says_which_right_is_missing_although_everything_runs(refused: Stand) -> None:
    result = refused.kubeglass("status", "--cluster", check=False)

    assert result.returncode == 9
    assert "kubelet: no metrics of node " in result.stdout
    assert "verb=get, resource=nodes, subresource(s)=[stats])" in result.stdout
    assert "the collector lacks a right that kubeglass deploy grants" in result.stdout


def test_deploying_gives_the_right_and_waits_until_the_kubelet_has_forgotten_its_refusal(refused: Stand) -> None:
    result = refused.kubeglass("deploy")

    assert "kubelet: metrics of 1 node" in result.stderr
    assert "deployed and verified" in result.stdout
