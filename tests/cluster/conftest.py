"""The real Kubernetes that these tests run on, and a namespace of it for each test."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kubeglass.engines.install.resolve import resolve
from kubeglass.files import lock
from kubeglass.images.archive import ArchivedImage
from kubeglass.images.plan import build_archive, plan_images
from kubeglass.images.store import list_archives
from kubeglass.model.load import FILE_NAME, load_pipeline
from kubeglass.supervise.options import find_demo
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.layout import find_layout
from tests.cluster.bed.life import end_cluster, start_cluster
from tests.cluster.bed.namespaces import find_init

HERE = Path(__file__).parent
#: Makes a folder by its name, unless another worker of this run has done so, and returns it.
Once = Callable[[str, Callable[[Path], None]], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The test cluster: one that is already running and stays, or one that runs as long as the tests."""
    layout = find_layout()
    was_running = find_init(layout) is not None
    yield start_cluster(layout)
    if not was_running:
        end_cluster(layout)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """An empty namespace, removed after the test."""
    name = f"test-{secrets.token_hex(4)}"
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def images(cluster: Cluster, once: Once) -> dict[str, ArchivedImage]:
    """Every image of the demo's pipeline, built and imported into the node."""

    def build(archives: Path) -> None:
        folder = find_demo()
        recipes = plan_images(
            load_pipeline(folder / FILE_NAME), folder, Path(sys.executable), lambda engine: resolve(engine).path
        )
        for name, recipe in recipes.items():
            cluster.import_image(build_archive(recipe, archives, name, print).path)

    return list_archives(once("images", build))


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Makes a folder in the first worker that asks for it; the others wait."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def make(name: str, fill: Callable[[Path], None]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        with (shared / f"{name}.lock").open("w") as stream:
            lock(stream.fileno(), wait=True)
            if not done.exists():
                folder.mkdir()
                fill(folder)
                done.touch()
        return folder

    return make
