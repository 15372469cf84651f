"""How long ``kubeglass deploy`` takes to the end of its verification on a running cluster, and what each part then uses of its requests.

Target: at most 60 s from the command to the end of verification, with the images loaded. Run it as root from the
repository: it takes the test cluster that runs, or starts one.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rounds import Measurement, summarize, write_result

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.cluster.bed.layout import find_layout  # noqa: E402  # the test cluster is not installed
from tests.cluster.bed.life import end_cluster, start_cluster  # noqa: E402
from tests.cluster.bed.namespaces import find_init  # noqa: E402
from tests.cluster.bed.waiting import wait_until  # noqa: E402
from tests.cluster.pipeline.stand import KUBEGLASS, SHOP, Stand, read_account  # noqa: E402

ROUNDS = 3
RATE, SECONDS = 70, 150
TARGET = 60.0
NAME = "bench"

#: Every default of the product, but for what the test cluster lacks: a registry.
DEFINITION = f"""\
apps:
  - name: python-app
    module: shop:create_app()
    workers: 2
    threads: 4
    replicas: 2
    node_port: 31097
cluster:
  namespace: {NAME}
  app_namespace: {NAME}-apps
  queue_path: /var/lib/kubeglass/{NAME}
  images: {{source: local}}
"""

#: Container to what its part is called here.
PARTS = {"app": "app, each pod", "otel-collector": "collector", "prometheus": "Prometheus", "viewer": "page"}


@contextmanager
def prepare() -> Iterator[Stand]:
    """Give a definition in a folder and a cluster that has its images."""
    layout = find_layout()
    was_running = find_init(layout) is not None
    cluster = start_cluster(layout)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copytree(SHOP, folder, dirs_exist_ok=True)
        (folder / "kubeglass.yaml").write_text(DEFINITION)
        subprocess.run([KUBEGLASS, "images", "build"], cwd=folder, check=True)
        for archive in (folder / ".kubeglass" / "images").glob("*.tar"):
            cluster.import_image(archive)
        stand = Stand(cluster, folder, NAME, 31097)
        try:
            yield stand
        finally:
            stand.kubeglass("undeploy", "--purge", check=False)
    if not was_running:
        end_cluster(layout)


def deploy(stand: Stand) -> float:
    """Deploy and return the seconds from the command to the end of verification."""
    begin = time.monotonic()
    said = stand.kubeglass("deploy").stdout
    taken = time.monotonic() - begin
    assert "deployed and verified" in said
    return taken


def put_to_work(stand: Stand) -> None:
    """Send customers until every part has worked for as long as is measured."""
    with stand.traffic(rate=RATE) as totals:
        wait_until(lambda: read_account(totals)[0] >= RATE * SECONDS * 0.9, "the customers", timeout_s=4 * SECONDS)


def read_use(stand: Stand) -> dict[str, float]:
    """Read the highest memory in MiB and CPU in thousandths of a core of each part, as the kubelet reported them."""
    ours = f'k8s_namespace_name=~"{NAME}(-apps)?"'
    memory = f"max by (k8s_container_name) (max_over_time(container_memory_working_set_bytes{{{ours}}}[2m])) / 1048576"
    cpu = f"max by (k8s_container_name) (rate(container_cpu_time_seconds_total{{{ours}}}[2m])) * 1000"
    return {
        f"{PARTS[labels['k8s_container_name']]}: {what}": value
        for what, expr in (("memory, MiB", memory), ("CPU, m", cpu))
        for labels, value in stand.query(expr)
    }


def read_requests(stand: Stand) -> dict[str, float]:
    """Read what each part asks for, in the same units and under the same names."""
    found = {}
    for namespace in (stand.name, stand.apps):
        for pod in stand.get("pods", namespace=namespace)["items"]:
            for container in pod["spec"]["containers"]:
                part, requests = PARTS[container["name"]], container["resources"]["requests"]
                found[f"{part}: memory, MiB"] = float(requests["memory"].removesuffix("Mi"))
                found[f"{part}: CPU, m"] = float(requests["cpu"].removesuffix("m"))
    return found


def main() -> None:
    """Measure and write the result."""
    with prepare() as stand:
        first, again = [], []
        for _ in range(ROUNDS):
            stand.kubeglass("undeploy", "--purge", check=False)
            first.append(deploy(stand))
            again.append(deploy(stand))
        put_to_work(stand)
        use, requests = read_use(stand), read_requests(stand)
    figures: dict[str, Measurement] = {
        "from nothing to the end of the proof": summarize(first, "s"),
        "again, nothing changed": summarize(again, "s"),
        **{name: summarize([value], name.rpartition(", ")[2]) for name, value in use.items()},
    }
    derived = {f"{name}: share of its request": value / requests[name] for name, value in use.items()}
    write_result(
        "cluster_deploy",
        claim="From kubeglass deploy to the end of its verification on a running cluster with images loaded: at most 60 s.",
        method="Real single-node Kubernetes of tests/cluster; every default of kubeglass.yaml but the images' source; two "
        f"pods of the shop with two workers each. Use is the highest of two minutes under {RATE} requests/s, as the "
        "kubelet reports it.",
        figures=figures,
        derived={"share_of_target": figures["from nothing to the end of the proof"].median / TARGET, **derived},
    )


if __name__ == "__main__":
    main()
