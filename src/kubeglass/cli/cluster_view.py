"""``kubeglass status --cluster`` and ``kubeglass open --cluster``."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path

from kubeglass.cli.cluster_options import load_cluster_pipeline
from kubeglass.cli.output import Output
from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import ObjectKey, sort_for_deletion
from kubeglass.deploy.portforward.forward import forward_service
from kubeglass.deploy.release.inventory import read_inventory
from kubeglass.deploy.rollout.status import STATUS_READERS, read_progress
from kubeglass.errors import ClusterError, UsageError


def show_cluster_status(file: Path | None, context: str | None, namespace: str | None, *, as_json: bool) -> None:
    """Show the readiness of every object that has one, apps first.

    Raises:
        ClusterError: nothing is deployed there, or the cluster does not respond.
    """
    home = load_cluster_pipeline(file, namespace, deployed=True).cluster.namespace
    output = Output()
    with Cluster.connect(context) as cluster:
        found = [
            (key, read_progress(cluster.get(key))) for key in _deployed(cluster, home) if key.kind in STATUS_READERS
        ]
    rows = [
        {"object": str(key), "namespace": key.namespace, "state": now.state.value, "message": now.message}
        for key, now in found
    ]
    if as_json:
        output.json(rows)
        return
    cells = [[row["object"], row["namespace"] or "-", row["state"], row["message"]] for row in rows]
    output.table(["OBJECT", "NAMESPACE", "STATE", "DETAIL"], cells)


def open_cluster_part(
    part: str | None, file: Path | None, context: str | None, namespace: str | None, port: int
) -> None:
    """Forward a part's page to this machine until Ctrl-C, and open it in the browser.

    ``part`` is ``viewer``, ``grafana``, ``prometheus`` or an app's name; None means the first page found.

    Raises:
        ClusterError: nothing is deployed there.
        UsageError: there is no such part.
        PortError: the port is in use.
    """
    home = load_cluster_pipeline(file, namespace, deployed=True).cluster.namespace
    output = Output()
    with Cluster.connect(context) as cluster:
        services = {key.name: key for key in _deployed(cluster, home) if key.kind == "Service"}
        name = part or next((page for page in ("viewer", "grafana") if page in services), "prometheus")
        if name not in services:
            raise UsageError(name, "is not part of this pipeline", found=f"its parts: {', '.join(sorted(services))}")
        forward = forward_service(
            cluster, services[name].namespace, name, port=port, report=lambda error: output.note(error.message)
        )
        with forward:
            output.say(forward.url)
            output.note("press Ctrl-C to close it")
            webbrowser.open(forward.url)
            threading.Event().wait()


def _deployed(cluster: Cluster, namespace: str) -> list[ObjectKey]:
    keys = read_inventory(cluster, namespace)
    if not any(key.kind == "Service" for key in keys):
        raise ClusterError(f"namespace {namespace}", "has no kubeglass pipeline", hint="run kubeglass deploy")
    return sort_for_deletion(keys)
