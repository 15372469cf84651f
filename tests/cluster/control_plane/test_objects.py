"""The API server validates objects without running any."""

from __future__ import annotations

import pytest

from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.layout import REPOSITORY

COMMITTED = REPOSITORY / "manifests"
TOO_FAR = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gibberish}}}
"""


@pytest.fixture(scope="module")
def namespaces(control_plane: Cluster) -> Cluster:
    """The namespaces of the committed manifests; without them the server validates nothing inside."""
    control_plane.kubectl("apply", "--filename", COMMITTED / "otel-rbac-ns.yaml")
    return control_plane


def test_an_invalid_quantity_is_refused(control_plane: Cluster) -> None:
    said = control_plane.kubectl("apply", "--dry-run=server", "--filename=-", stdin=TOO_FAR, check=False)

    assert "quantities must match the regular expression" in said


def test_the_server_accepts_every_committed_manifest(namespaces: Cluster) -> None:
    said = namespaces.kubectl("apply", "--dry-run=server", "--validate=strict", "--kustomize", COMMITTED)

    words = [line.split()[1:] for line in said.splitlines()]
    assert len(words) > 20
    assert all(word[-3:] == ["(server", "dry", "run)"] for word in words), said


def test_the_server_accepts_every_policy(namespaces: Cluster) -> None:
    said = namespaces.kubectl(
        "apply", "--dry-run=server", "--validate=strict", "--filename", COMMITTED / "network-policy.yaml"
    )

    policies = sorted(line.split()[0].partition("/")[2] for line in said.splitlines())
    assert policies == ["grafana", "otel-collector", "prometheus", "python-app"]
