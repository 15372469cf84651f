"""Nothing is built: an app runs in a plain Python image, and the page about K3s holds, with public images alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kubeglass.engines.registry import GRAFANA, OTELCOL, PROMETHEUS
from kubeglass.images.archive import write_archive
from kubeglass.images.image import File, Image
from kubeglass.images.python.interpreter import PREFIX, VENV, build_python_base, inspect_interpreter, packages_folder
from kubeglass.images.python.packages import Environment, list_package_files
from kubeglass.model.sections.source import Install
from kubeglass.render.kubernetes.names import own_image
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.components import import_command
from tests.cluster.bed.layout import NODE_IP, REPOSITORY
from tests.cluster.bed.namespaces import enter
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, ASK, KUBEGLASS, SHOP, Stand
from tests.cluster.pipeline.transcript import Shell, open_shell, read_commands

#: Among those that take longest, so it begins first.
pytestmark = pytest.mark.timeout(600)
WHEELS_PORT = 18080
#: A program that answers 200 at Grafana's port, whatever it is asked.
HEALTHY = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
ThreadingHTTPServer(("", 3000), Handler).serve_forever()
"""
#: Commands that only look: a reader repeats them until the cluster has got that far.
LOOKING = ("kubectl get", "curl", "for i in 1 2 3 4 5; do curl", "kubeglass status")


@pytest.fixture(scope="module", autouse=True)
def plain_image(cluster: Cluster, index: str, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Python and pip under the name of Python's official image; nothing of kubeglass, Flask or gunicorn.

    Its pip knows the index of this cluster instead of PyPI.
    """
    python = inspect_interpreter(Path(sys.executable))
    pip = list_package_files(Environment(python).select([Requirement("pip")]), packages_folder(python))
    settings = f"[global]\nno-index = true\nfind-links = {index}\ntrusted-host = {NODE_IP}\n"
    layers = (tuple(build_python_base(python)), (*pip, File("etc/pip.conf", settings.encode())))
    image = Image(Install().image, layers, entrypoint=("python3",), environment={"PATH": f"/{VENV}/bin:/{PREFIX}/bin"})
    cluster.import_image(write_archive(image, tmp_path_factory.mktemp("plain") / "plain.tar").path)
    return image


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


def test_nothing_needs_to_be_built(stand: Stand) -> None:
    shutil.copytree(SHOP / "shop", stand.folder / "shop")
    shutil.copy(SHOP / "requirements.txt", stand.folder)
    definition = stand.folder / "kubeglass.yaml"
    source = "    source: [shop, requirements.txt]\n    install: {}\n"
    definition.write_text(definition.read_text().replace("    workers: 2\n", f"{source}    workers: 2\n", 1))

    result = stand.kubeglass("deploy")

    assert f"targets: {APP}: 2 up" in result.stderr
    assert "probes: 5 probes counted" in result.stderr
    before = stand.counted()
    assert [stand.ask("/products") for _ in range(3)] == [200, 200, 200]
    wait_until(lambda: stand.counted() == before + 3, "three counted requests")


@pytest.fixture
def public_images(cluster: Cluster, plain_image: Image, tmp_path: Path) -> None:
    """The node has the images of the committed manifests by their public names.

    Grafana's is a stand-in that only says that it is healthy: no package index has Grafana itself.
    """
    tag = import_command("")[:-2]
    for part, engine in (("collector", OTELCOL), ("prometheus", PROMETHEUS)):
        names = own_image(part, engine.distribution), full_name(engine.distribution.image)
        cluster.run_on_node([*tag, "tag", "--force", *names])
    healthy = replace(plain_image, reference="localhost/healthy:1", entrypoint=("python3", "-c", HEALTHY))
    cluster.import_image(write_archive(healthy, tmp_path / "healthy.tar").path)
    name, _, digest = full_name(GRAFANA.image).partition("@")
    cluster.run_on_node([*tag, "tag", "--force", healthy.reference, f"{name.rpartition(':')[0]}@{digest}"])


def full_name(image: str) -> str:
    """Return an image's name as containerd knows it: Docker's registry is added where none is named."""
    return image if "." in image.partition("/")[0] else f"docker.io/{image}"


@pytest.fixture
def shell(cluster: Cluster, public_images: None, tmp_path: Path) -> Iterator[Shell]:
    """A reader's terminal in a clone, on a machine of the cluster's network."""
    home = tmp_path / "home"
    home.mkdir()
    programs = f"{cluster.kubectl_path.parent}:{KUBEGLASS.parent}:{os.environ['PATH']}"
    environment = {"HOME": str(home), "KUBECONFIG": str(cluster.kubeconfig), "PATH": programs, "COLUMNS": "200"}
    with open_shell(enter(cluster.pid), REPOSITORY, environment) as shell:
        yield shell
    cluster.kubectl("delete", "namespace", "observability", "apps", "--ignore-not-found", "--wait=false")
    role = "kubeglass:observability:otel-collector"
    cluster.kubectl("delete", "clusterrole,clusterrolebinding", role, "--ignore-not-found")


def test_the_page_about_k3s_holds_word_for_word(shell: Shell) -> None:
    for command in read_commands((REPOSITORY / "docs" / "cluster" / "k3s.md").read_text()):
        began = time.monotonic()

        printed = shell.run(command.text)
        while command.text.startswith(LOOKING) and not command.matches(printed) and time.monotonic() < began + 60:
            time.sleep(0.5)
            printed = shell.run(command.text)

        print(f"{time.monotonic() - began:6.1f} s  {command.text.splitlines()[0]}")
        assert command.matches(printed), f"$ {command.text}\n{printed}"
