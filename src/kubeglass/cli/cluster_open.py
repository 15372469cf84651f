"""``kubeglass open --cluster``."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path

from kubeglass.cli.cluster_options import choose_pipeline, name_pipeline, require_installed
from kubeglass.cli.output import Output
from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.portforward.forward import forward_service
from kubeglass.errors import UsageError


def open_cluster_part(
    part: str | None, file: Path | None, context: str | None, namespace: str | None, port: int
) -> None:
    """Forward a part's page to this machine until Ctrl-C, and open it in the browser.

    ``part`` is ``viewer``, ``grafana``, ``prometheus`` or an app's name; None means the first page found.

    Raises:
        StateError: nothing is deployed there.
        UsageError: there is no such part.
        PortError: the port is in use.
    """
    named = name_pipeline(file, namespace)
    output = Output()
    with Cluster.connect(context) as cluster:
        home = choose_pipeline(cluster, named)
        services = {key.name: key for key in require_installed(cluster, home, ["Service"]).objects}
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
