"""The metrics server, for the tests that scale by what pods use: it stays on the cluster once one of them needed it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.images import write_image
from tests.cluster.bed.layout import SOURCES
from tests.cluster.bed.programs import METRICS_SERVER, build_program

IMAGE = "kubeglass.test/metrics-server:1"
API_SERVICE = "apiservice/v1beta1.metrics.k8s.io"


def install_metrics_server(cluster: Cluster) -> None:
    """Build it if it was never built, start it, and return once the API server answers for it.

    Raises:
        BedError: it does not build or start.
    """
    program = build_program(METRICS_SERVER, cluster.layout.cache)
    with tempfile.TemporaryDirectory() as folder:
        cluster.import_image(write_image(Path(folder), IMAGE, program))
    cluster.kubectl("apply", "--filename", SOURCES / "metrics-server.yaml")
    cluster.kubectl("--namespace=kube-system", "rollout", "status", "deployment/metrics-server", "--timeout=90s")
    cluster.kubectl("wait", "--for=condition=Available", API_SERVICE, "--timeout=60s")
