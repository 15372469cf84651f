"""The demo shop's images on the test cluster, and a pipeline deployed from them."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeglass.images.archive import ArchivedImage
from kubeglass.images.store import list_archives
from tests.cluster.bed.cluster import Cluster
from tests.cluster.conftest import Once
from tests.cluster.pipeline.stand import APP, KUBEGLASS, SHOP, Stand

#: Other tests may be running on the same cluster.
NODE_PORTS = range(31100, 32700)


@pytest.fixture(scope="session")
def images(cluster: Cluster, images: dict[str, ArchivedImage], once: Once) -> dict[str, ArchivedImage]:
    """All images and the shop's under the name in the stand's definition, built as a user builds it."""

    def build(folder: Path) -> None:
        shutil.copytree(SHOP, folder, dirs_exist_ok=True)
        Stand(cluster, folder, "images", 31099).define()
        subprocess.run([KUBEGLASS, "images", "build", APP], cwd=folder, check=True, capture_output=True)
        cluster.import_image(folder / ".kubeglass" / "images" / f"{APP}.tar")

    return images | list_archives(once("pipeline-images", build) / ".kubeglass" / "images")


@pytest.fixture(scope="module")
def stand(
    cluster: Cluster, images: dict[str, ArchivedImage], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stand]:
    """A definition for each module; whatever was deployed from it is removed afterwards."""
    name = f"kg-{secrets.token_hex(3)}"
    stand = Stand(cluster, tmp_path_factory.mktemp(name), name, secrets.choice(NODE_PORTS))
    stand.define()
    yield stand
    remove(stand)


@pytest.fixture(scope="module")
def deployed(stand: Stand) -> Stand:
    """A pipeline that was deployed and verified."""
    stand.kubeglass("deploy")
    return stand


def remove(stand: Stand) -> None:
    """Remove a pipeline whatever state it is in."""
    cluster = stand.cluster
    cluster.kubectl("delete", "namespace", stand.name, stand.apps, "--ignore-not-found", "--wait=false")
    role = f"kubeglass:{stand.name}:otel-collector"
    cluster.kubectl("delete", "clusterrole,clusterrolebinding", role, "--ignore-not-found")
