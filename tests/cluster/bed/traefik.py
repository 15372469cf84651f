"""Traefik, K3s's ingress controller, for tests of host names: it stays on the cluster once one needed it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.images import write_image
from tests.cluster.bed.layout import SOURCES
from tests.cluster.bed.programs import TRAEFIK, build_program

IMAGE = "kubeglass.test/traefik:1"
NAMESPACE = "--namespace=kube-system"


def install_traefik(cluster: Cluster) -> None:
    """Build it if it was never built, start it, and return once it is ready at ports 80 and 443 of the node.

    Raises:
        BedError: it does not build or start.
    """
    program = build_program(TRAEFIK, cluster.layout.cache)
    with tempfile.TemporaryDirectory() as folder:
        cluster.import_image(write_image(Path(folder), IMAGE, program))
    cluster.kubectl("apply", "--filename", SOURCES / "traefik.yaml")
    # What K3s's load balancer does: kube-proxy then listens at the address.
    status = {"status": {"loadBalancer": {"ingress": [{"ip": cluster.node_ip}]}}}
    words = ["patch", "service/traefik", NAMESPACE, "--subresource=status", "--type=merge"]
    cluster.kubectl(*words, "--patch", json.dumps(status))
    cluster.kubectl("rollout", "status", "deployment/traefik", NAMESPACE, "--timeout=60s")
