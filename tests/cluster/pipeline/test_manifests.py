"""The rendered files with kubectl alone, in the documented order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster.bed.layout import REPOSITORY
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, Stand

DOCUMENTED = (
    "otel-rbac-ns.yaml",
    "python-app.yaml",
    "python-nodeport-svc.yaml",
    "otel-collector-config.yaml",
    "otel-collector-daemonset.yaml",
)
FURTHER = ("prometheus.yaml", "viewer.yaml", "network-policy.yaml")


@pytest.fixture(scope="module")
def manifests(stand: Stand) -> Path:
    """The rendered manifests."""
    stand.kubeglass("render", "--to", "kubernetes")
    return stand.folder / "manifests"


@pytest.fixture(scope="module")
def applied(stand: Stand, manifests: Path) -> Stand:
    """Everything applied, file by file, and ready."""
    for name in (*DOCUMENTED, *FURTHER):
        stand.cluster.kubectl("apply", "--filename", manifests / name)
    for kind, name, namespace in (
        ("deployment", APP, stand.apps),
        ("daemonset", "otel-collector", stand.name),
        ("statefulset", "prometheus", stand.name),
        ("deployment", "viewer", stand.name),
    ):
        stand.cluster.kubectl("rollout", "status", f"{kind}/{name}", "--namespace", namespace, "--timeout=120s")
    return stand


def test_each_file_applies_alone_and_data_arrives(applied: Stand) -> None:
    assert applied.ask("/") == 200
    wait_until(lambda: applied.counted() >= 1, "a counted request")
    wait_until(lambda: bool(applied.query("k8s_pod_memory_working_set_bytes")), "the kubelet's metrics")


@pytest.mark.parametrize("name", [*DOCUMENTED, *FURTHER])
def test_applying_a_file_again_changes_nothing(applied: Stand, manifests: Path, name: str) -> None:
    file = manifests / name
    before = read_versions(applied, "--filename", file)

    applied.cluster.kubectl("apply", "--filename", file)

    assert read_versions(applied, "--filename", file) == before


def test_the_whole_folder_applies_by_kustomize_and_changes_nothing(applied: Stand, manifests: Path) -> None:
    before = read_versions(applied, "--kustomize", manifests)

    applied.cluster.kubectl("apply", "--kustomize", manifests)

    assert len(before) > 20
    assert read_versions(applied, "--kustomize", manifests) == before


def read_versions(stand: Stand, *where: str | Path) -> dict[str, str]:
    """Each object's generation, which a change of its status does not affect, or its version if its kind has none."""
    document = json.loads(stand.cluster.kubectl("get", *where, "--output", "json"))
    return {
        f"{item['kind']} {item['metadata']['name']}": str(
            item["metadata"].get("generation") or item["metadata"]["resourceVersion"]
        )
        for item in document.get("items", [document])
    }


def test_the_server_accepts_grafana(applied: Stand, manifests: Path) -> None:
    definition = applied.folder / "kubeglass.yaml"
    definition.write_text(definition.read_text().replace("source: local", "source: upstream"))
    applied.kubeglass("render", "--to", "kubernetes", "--out", "with-grafana")
    applied.define()

    file = applied.folder / "with-grafana" / "grafana.yaml"
    said = applied.cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "--filename", file)

    assert "deployment.apps/grafana created (server dry run)" in said


def test_the_committed_manifests_are_what_the_code_renders(stand: Stand) -> None:
    folder = REPOSITORY / "manifests"

    stand.kubeglass(
        "render", "--to", "kubernetes", "--file", str(folder / "kubeglass.yaml"), "--out", str(folder), "--check"
    )


def test_only_the_collector_needs_more_than_the_restricted_level(applied: Stand) -> None:
    level = "pod-security.kubernetes.io/enforce=restricted"
    words = ["label", "--dry-run=server", "--overwrite", "namespace", applied.name, level]
    result = applied.cluster.run([applied.cluster.kubectl_path, *words])

    violating = [line for line in result.stderr.splitlines() if line.startswith("Warning: ") and ": " in line[9:]]
    assert [line[9:].partition("-")[0] for line in violating] == ["otel"]


def test_the_apps_namespace_holds_its_pods_to_the_restricted_level(applied: Stand) -> None:
    said = applied.cluster.kubectl(
        "run", "loose", "--image=localhost/any:1", "--dry-run=server", "--namespace", applied.apps, check=False
    )

    assert "violates PodSecurity" in said
    pods = applied.get("pods", namespace=applied.apps)["items"]
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}
