"""An app mounted from the node runs if the pod may read it; if not, deploy stops before anything is applied."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.bed.layout import REPOSITORY
from tests.cluster.pipeline.stand import APP, KUBEGLASS, Stand

SOURCE = REPOSITORY / "examples" / "hostpath" / "app.py"


@pytest.fixture
def source(stand: Stand) -> Iterator[Path]:
    """The example's source on the node, and a definition that mounts it."""
    path = stand.folder / "app.py"
    shutil.copy(SOURCE, path)
    path.chmod(0o644)
    definition = stand.folder / "kubeglass.yaml"
    text = definition.read_text().replace("shop:create_app()", "app:app").replace("replicas: 2", "replicas: 1")
    definition.write_text(text.replace("    workers: 2\n", f"    workers: 1\n    host_path: {{path: {path}}}\n"))
    yield path
    stand.define()


def test_a_source_the_pod_cannot_read_is_refused_with_the_command_that_helps(stand: Stand, source: Path) -> None:
    source.chmod(0o600)

    result = stand.kubeglass("deploy", check=False)

    assert result.returncode == 9
    assert f"run: sudo chgrp 1000 {source} && sudo chmod g+r {source}" in result.stderr
    assert stand.cluster.kubectl("get", "namespace", stand.name, "--ignore-not-found") == ""


def test_a_source_on_the_node_runs_and_is_measured(stand: Stand, source: Path) -> None:
    subprocess.run([KUBEGLASS, "images", "build", APP], cwd=stand.folder, check=True, capture_output=True)
    stand.cluster.import_image(stand.folder / ".kubeglass" / "images" / f"{APP}.tar")

    stand.kubeglass("deploy")

    assert stand.ask("/") == 200
    assert stand.ask("/metrics") == 404
    level = stand.get("namespace", stand.apps)["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
    assert level == "privileged"


def test_a_path_that_is_not_a_file_on_the_node_is_named(stand: Stand, source: Path) -> None:
    definition = stand.folder / "kubeglass.yaml"
    definition.write_text(definition.read_text().replace("host_path: {path: ", "host_path: {path: /absent"))

    result = stand.kubeglass("deploy", check=False)

    assert result.returncode == 9
    assert f"/absent{source} is not a file on node {stand.cluster.node_name}" in result.stderr
    assert f"put your source there on node {stand.cluster.node_name}, or correct host_path.path" in result.stderr
