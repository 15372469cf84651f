"""An app runs in a plain Python image: its source from a ConfigMap, its packages from an index, nothing built."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kubeglass.images.archive import write_archive
from kubeglass.images.image import Image
from kubeglass.images.interpreter import PREFIX, VENV, build_python_base, inspect_interpreter, packages_folder
from kubeglass.images.packages import Environment, list_package_files
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.layout import NODE_IP
from tests.cluster.bed.namespaces import enter
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, ASK, SHOP, Stand

PLAIN = "docker.io/library/python:3-plain"
WHEELS_PORT = 18080


@pytest.fixture(scope="module")
def plain_image(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Python and pip, as in Python's official image; nothing of kubeglass, Flask or gunicorn."""
    python = inspect_interpreter(Path(sys.executable))
    pip = list_package_files(Environment(python).select([Requirement("pip")]), packages_folder(python))
    layers = (tuple(build_python_base(python)), tuple(pip))
    image = Image(PLAIN, layers, entrypoint=("python3",), environment={"PATH": f"/{VENV}/bin:/{PREFIX}/bin"})
    cluster.import_image(write_archive(image, tmp_path_factory.mktemp("plain") / "plain.tar").path)
    return PLAIN


@pytest.fixture(scope="module")
def index(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serves the wheels of the shop's requirements in the cluster's network."""
    folder = tmp_path_factory.mktemp("wheels")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", f"--dest={folder}"]
    subprocess.run([*pip, "flask>=3", "gunicorn>=23", "prometheus-client>=0.22"], check=True)
    serve = [sys.executable, "-m", "http.server", str(WHEELS_PORT), "--bind", NODE_IP, "--directory", str(folder)]
    url = f"http://{NODE_IP}:{WHEELS_PORT}/"
    with subprocess.Popen([*enter(cluster.pid), *serve], stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: cluster.run([sys.executable, "-c", ASK, url], check=False).stdout.strip() == "200", "wheels")
        yield url
        process.terminate()


def test_nothing_needs_to_be_built(stand: Stand, plain_image: str, index: str) -> None:
    shutil.copytree(SHOP / "shop", stand.folder / "shop")
    shutil.copy(SHOP / "requirements.txt", stand.folder)
    definition = stand.folder / "kubeglass.yaml"
    pip = f"PIP_NO_INDEX: '1', PIP_FIND_LINKS: '{index}', PIP_TRUSTED_HOST: {NODE_IP}, "
    source = f"    source: [shop, requirements.txt]\n    install: {{image: '{plain_image}'}}\n"
    text = definition.read_text().replace("env: {", f"env: {{{pip}", 1)
    definition.write_text(text.replace("    workers: 2\n", f"{source}    workers: 2\n", 1))

    result = stand.kubeglass("deploy")

    assert f"targets: {APP}: 2 up" in result.stderr
    assert "probes: 5 probes counted" in result.stderr
    before = stand.counted()
    assert [stand.ask("/products") for _ in range(3)] == [200, 200, 200]
    wait_until(lambda: stand.counted() == before + 3, "three counted requests")
