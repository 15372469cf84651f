"""An app runs in a plain Python image, and the committed manifests from public images alone: nothing is built."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kubeglass.engines.registry import OTELCOL, PROMETHEUS
from kubeglass.images.archive import write_archive
from kubeglass.images.image import File, Image
from kubeglass.images.interpreter import PREFIX, VENV, build_python_base, inspect_interpreter, packages_folder
from kubeglass.images.packages import Environment, list_package_files
from kubeglass.model.sections.source import Install
from kubeglass.render.kubernetes.names import own_image
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.components import import_command
from tests.cluster.bed.layout import NODE_IP, REPOSITORY
from tests.cluster.bed.namespaces import enter
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, ASK, SHOP, Stand
from tests.cluster.pipeline.test_manifests import DOCUMENTED

WHEELS_PORT = 18080


@pytest.fixture(scope="module", autouse=True)
def plain_image(cluster: Cluster, index: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Python and pip under the name of Python's official image; nothing of kubeglass, Flask or gunicorn.

    Its pip knows the index of this cluster instead of PyPI.
    """
    python = inspect_interpreter(Path(sys.executable))
    pip = list_package_files(Environment(python).select([Requirement("pip")]), packages_folder(python))
    settings = f"[global]\nno-index = true\nfind-links = {index}\ntrusted-host = {NODE_IP}\n"
    layers = (tuple(build_python_base(python)), (*pip, File("etc/pip.conf", settings.encode())))
    image = Image(Install().image, layers, entrypoint=("python3",), environment={"PATH": f"/{VENV}/bin:/{PREFIX}/bin"})
    cluster.import_image(write_archive(image, tmp_path_factory.mktemp("plain") / "plain.tar").path)


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
def committed(cluster: Cluster) -> Iterator[Path]:
    """The committed manifests; the node has the images of the collector and Prometheus by their official names."""
    tag = import_command("")[:-2]
    for part, engine in (("collector", OTELCOL), ("prometheus", PROMETHEUS)):
        names = own_image(part, engine.distribution), full_name(engine.distribution.image)
        cluster.run_on_node([*tag, "tag", "--force", *names])
    yield REPOSITORY / "manifests"
    cluster.kubectl("delete", "namespace", "observability", "apps", "--ignore-not-found", "--wait=false")
    role = "kubeglass:observability:otel-collector"
    cluster.kubectl("delete", "clusterrole,clusterrolebinding", role, "--ignore-not-found")


def full_name(image: str) -> str:
    """Return an image's name as containerd knows it: Docker's registry is added where none is named."""
    return image if "." in image.partition("/")[0] else f"docker.io/{image}"


def test_the_committed_manifests_need_nothing_but_kubectl(cluster: Cluster, committed: Path, stand: Stand) -> None:
    for name in (*DOCUMENTED, "prometheus.yaml", "network-policy.yaml"):
        cluster.kubectl("apply", "--filename", committed / name)
    for kind, namespace in (
        ("deployment/python-app", "apps"),
        ("daemonset/otel-collector", "observability"),
        ("statefulset/prometheus", "observability"),
    ):
        cluster.kubectl("rollout", "status", kind, "--namespace", namespace, "--timeout=180s")
    shop = Stand(cluster, stand.folder, "observability", 30080)

    wait_until(lambda: shop.ask("/products") == 200, "the NodePort")

    counted = 'http_requests_total{k8s_namespace_name="apps",endpoint="/products"} >= 1'
    wait_until(lambda: bool(shop.query(counted)), "a counted request")
    assert shop.query("k8s_node_cpu_time_seconds_total")
