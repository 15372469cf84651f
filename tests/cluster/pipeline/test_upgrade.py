"""An earlier rendering, applied with kubectl, is upgraded under traffic by ``kubeglass deploy``: no count is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, Stand
from tests.cluster.pipeline.test_faults import pod_names, wait_until_ready
from tests.cluster.pipeline.test_manifests import DOCUMENTED, FURTHER

PREVIOUS = Path(__file__).parents[1] / "previous"


@pytest.fixture(scope="module")
def earlier(stand: Stand) -> Stand:
    """An earlier rendering of this stand's pipeline, applied with kubectl."""
    folder = stand.folder / "previous"
    folder.mkdir()
    for name in (*DOCUMENTED, *FURTHER):
        text = re.sub(r"\bprevious\b", stand.name, (PREVIOUS / name).read_text())
        (folder / name).write_text(text.replace("31098", str(stand.node_port)))
        stand.cluster.kubectl("apply", "--filename", folder / name)
    wait_until_ready(stand, "deployment", APP, stand.apps)
    wait_until_ready(stand, "daemonset", "otel-collector", stand.name)
    wait_until_ready(stand, "statefulset", "prometheus", stand.name)
    wait_until(lambda: stand.ask("/") == 200 and stand.counted() >= 1, "a counted request")
    return stand


def test_a_diff_of_the_upgrade_mentions_kubectl_and_changes_nothing(earlier: Stand) -> None:
    before = earlier.get("deployment", APP, namespace=earlier.apps)["metadata"]["generation"]

    result = earlier.kubeglass("deploy", "--diff", check=False)

    assert "objects were applied by kubectl; deploy takes over their fields" in result.stderr
    assert earlier.get("deployment", APP, namespace=earlier.apps)["metadata"]["generation"] == before


def test_upgrading_under_traffic_loses_no_count(earlier: Stand) -> None:
    old = set(pod_names(earlier, APP, earlier.apps))
    before = earlier.counted()

    with earlier.traffic() as totals:
        result = earlier.kubeglass("deploy")
        wait_until(lambda: not old & set(pod_names(earlier, APP, earlier.apps)), "the end of the old pods")

    assert "objects were applied by kubectl; deploy takes over their fields" in result.stderr
    assert f"the collector's queue stays in /var/lib/kubeglass/{earlier.name}; to move it, set " in result.stderr
    assert "deployed and verified" in result.stdout
    assert "probes: 5 probes counted for " in result.stderr
    earlier.expect_reconciled(totals, before)


def test_fields_that_kubectl_applied_belong_to_kubeglass_now(earlier: Stand) -> None:
    deployment = earlier.get("deployment", APP, namespace=earlier.apps)
    probe = deployment["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]
    said = earlier.cluster.kubectl(
        "get", "deployment", APP, "--namespace", earlier.apps, "--show-managed-fields", "--output=yaml"
    )

    assert "tcpSocket" in probe
    assert "httpGet" not in probe
    assert "kubectl-client-side-apply" not in said
    assert " unchanged" in earlier.kubeglass("deploy", "--no-verify").stdout
