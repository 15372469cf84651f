"""What only some tests need on the cluster; it stays there once one of them needed it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.images import write_image
from tests.cluster.bed.layout import SOURCES
from tests.cluster.bed.programs import KUBERNETES, TRAEFIK, Module, build_module

SYSTEM = "--namespace=kube-system"


def install_metrics_server(cluster: Cluster) -> None:
    """Start the metrics server, and return once the API server answers for it.

    Raises:
        BedError: it does not build or start.
    """
    _start(cluster, KUBERNETES, "metrics-server")
    cluster.kubectl("wait", "--for=condition=Available", "apiservice/v1beta1.metrics.k8s.io", "--timeout=60s")


def install_traefik(cluster: Cluster) -> None:
    """Start Traefik, K3s's ingress controller, and return once it is ready at ports 80 and 443 of the node.

    Raises:
        BedError: it does not build or start.
    """
    _start(cluster, TRAEFIK, "traefik")
    # What K3s's load balancer does: kube-proxy then listens at the address.
    status = {"status": {"loadBalancer": {"ingress": [{"ip": cluster.node_ip}]}}}
    words = ["patch", "service/traefik", SYSTEM, "--subresource=status", "--type=merge"]
    cluster.kubectl(*words, "--patch", json.dumps(status))


def _start(cluster: Cluster, module: Module, name: str) -> None:
    """Build the program if it was never built, start what its manifest says, and wait for its Deployment."""
    program = build_module(module, cluster.layout.cache) / name
    with tempfile.TemporaryDirectory() as folder:
        cluster.import_image(write_image(Path(folder), f"kubeglass.test/{name}:1", program))
    cluster.kubectl("apply", "--filename", SOURCES / f"{name}.yaml")
    cluster.kubectl("rollout", "status", f"deployment/{name}", SYSTEM, "--timeout=90s")
