"""The demo shop's images on the test cluster, and a pipeline deployed from them."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.cluster.bed.cluster import Cluster
from tests.cluster.pipeline.stand import KUBEGLASS, SHOP, Stand

#: Somebody may be running tests of their own on the same cluster.
NODE_PORTS = range(31100, 32700)


@pytest.fixture(scope="session")
def images(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Images of the shop, the collector, Prometheus and the page, on the node under their usual names."""
    folder = tmp_path_factory.mktemp("images")
    shutil.copytree(SHOP, folder, dirs_exist_ok=True)
    stand = Stand(cluster, folder, "images", 31099)
    stand.define()
    subprocess.run([KUBEGLASS, "images", "build"], cwd=folder, check=True, capture_output=True)
    archives = list((folder / ".kubeglass" / "images").glob("*.tar"))
    assert {archive.stem for archive in archives} == {"python-app", "collector", "prometheus", "viewer"}
    for archive in archives:
        cluster.import_image(archive)


@pytest.fixture(scope="module")
def stand(cluster: Cluster, images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A definition of its own for each module; whatever was deployed from it is removed afterwards."""
    name = f"kg-{secrets.token_hex(3)}"
    stand = Stand(cluster, tmp_path_factory.mktemp(name), name, secrets.choice(NODE_PORTS))
    stand.define()
    yield stand
    remove(stand)


@pytest.fixture(scope="module")
def deployed(stand: Stand) -> Stand:
    """A pipeline that was deployed and proven."""
    stand.kubeglass("deploy")
    return stand


def remove(stand: Stand) -> None:
    """Remove a pipeline whatever state it is in."""
    cluster = stand.cluster
    cluster.kubectl("delete", "namespace", stand.name, stand.apps, "--ignore-not-found", "--wait=false")
    role = f"kubeglass:{stand.name}:otel-collector"
    cluster.kubectl("delete", "clusterrole,clusterrolebinding", role, "--ignore-not-found")
