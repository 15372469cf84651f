"""One pipeline with the demo shop on the test cluster, as its tests use it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.layout import NODE_IP, REPOSITORY
from tests.cluster.bed.namespaces import enter
from tests.cluster.bed.waiting import wait_until

KUBEGLASS = Path(sys.executable).with_name("kubeglass")
SHOP = REPOSITORY / "examples" / "shop"
APP = "python-app"
#: Prints the response status; runs in this interpreter, so that the tests need no other program.
ASK = """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=5).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""

DEFINITION = """\
apps:
  - name: python-app
    module: shop:create_app()
    workers: 2
    threads: 4
    replicas: {replicas}
    node_port: {node_port}
    resources: {{requests: {{cpu: 50m, memory: 96Mi}}, limits: {{memory: 256Mi}}}}
    env: {{SHOP_LATENCY: '0', RELEASE: '{release}'}}
scrape: {{interval: {interval}}}
collector:
  kubelet: {{interval: 2s}}
  host_metrics: {{enabled: true, interval: 2s, scrapers: [cpu, load, memory]}}
storage: {{resources: {{requests: {{cpu: 50m, memory: 128Mi}}, limits: {{memory: 512Mi}}}}}}
cluster:
  namespace: {name}
  app_namespace: {name}-apps
  storage_class: local-path
  pull_policy: Never
  images: {{source: local}}
"""


@dataclass(frozen=True, slots=True)
class Stand:
    """A definition in a folder, and the cluster it goes to.

    Args:
        cluster: the test cluster.
        folder: holds ``kubeglass.yaml``.
        name: the pipeline's namespace; its apps' is the same with ``-apps`` behind it.
        node_port: where the shop answers on the node.
    """

    cluster: Cluster
    folder: Path
    name: str
    node_port: int

    @property
    def apps(self) -> str:
        """The apps' namespace."""
        return f"{self.name}-apps"

    @property
    def url(self) -> str:
        """The shop's address in the cluster's network."""
        return f"http://{NODE_IP}:{self.node_port}"

    def define(self, *, replicas: int = 2, interval: str = "1s", release: str = "1") -> None:
        """Write ``kubeglass.yaml``."""
        text = DEFINITION.format(
            name=self.name, node_port=self.node_port, replicas=replicas, interval=interval, release=release
        )
        (self.folder / "kubeglass.yaml").write_text(text)

    def kubeglass(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run kubeglass beside the definition, in the cluster's network."""
        return self.cluster.run([KUBEGLASS, *arguments], cwd=self.folder, check=check)

    def get(self, kind: str, name: str = "", *, namespace: str = "") -> dict[str, Any]:
        """Read objects as kubectl does."""
        words = ["get", kind, *([name] if name else []), "--namespace", namespace or self.name, "--output", "json"]
        document: dict[str, Any] = json.loads(self.cluster.kubectl(*words))
        return document

    def query(self, expr: str) -> list[tuple[dict[str, str], float]]:
        """Ask Prometheus, through the API server."""
        path = f"/api/v1/namespaces/{self.name}/services/http:prometheus:http/proxy/api/v1/query?query={quote(expr)}"
        answer = self.cluster.read(path)
        return [(series["metric"], float(series["value"][1])) for series in answer["data"]["result"]]

    def counted(self) -> float:
        """How many requests Prometheus has of all pods that ever were, each at its highest count.

        Only of this stand's: an earlier release's collector scrapes the whole cluster, thus others' shops too.
        """
        expr = f'sum(max_over_time(http_requests_total{{job="{APP}", k8s_namespace_name=~"{self.name}-.*"}}[1h]))'
        return sum(value for _, value in self.query(expr))

    def ask(self, path: str) -> int:
        """Ask the shop through its NodePort and return the status, or 0 if nobody answers (yet)."""
        answer = self.cluster.run([sys.executable, "-c", ASK, f"{self.url}{path}"], check=False)
        return int(answer.stdout or 0)

    @contextmanager
    def traffic(self, *, rate: int = 30) -> Iterator[Path]:
        """Send requests while the block runs; afterwards the yielded file holds their counts."""
        totals = self.folder / f"totals-{time.monotonic_ns()}.json"
        command = [sys.executable, SHOP / "traffic.py", "--url", self.url, "--rate", str(rate), "--totals", totals]
        process = subprocess.Popen([*enter(self.cluster.pid), *map(str, command)])
        try:
            wait_until(lambda: totals.exists() and read_account(totals)[0] > 0, "the first customer")
            yield totals
        finally:
            process.terminate()
            process.wait(timeout=60)

    def expect_reconciled(self, totals: Path, before: float, *, lost: int = 0) -> None:
        """Wait until Prometheus has counted every response; a request on a broken connection may or may not count.

        Args:
            totals: the customers' account.
            before: what was counted before they came.
            lost: how many may be missing, where a loss is part of the design.
        """
        answered, failed = read_account(totals)
        wait_until(
            lambda: self.counted() - before >= answered - lost,
            f"counting {answered} answers (now {self.counted() - before:.0f})",
            timeout_s=60,
        )
        assert self.counted() - before <= answered + failed


def read_account(totals: Path) -> tuple[int, int]:
    """Read how many responses clients got and how many requests broke in transport."""
    try:
        account = json.loads(totals.read_text())
    except (OSError, ValueError):
        # It is being replaced right now.
        return 0, 0
    return int(account["answered"]), int(account["failed"])
