"""``python-nodeport-svc.yaml``: each app's address, without the port of its metrics."""

from __future__ import annotations

from typing import Any

from kubeglass.model.app import App
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.names import deployed_apps, metadata, selector_of


def build(pipeline: Pipeline) -> list[dict[str, Any]]:
    """One Service an app; on every node's port if one is chosen, else inside the cluster only."""
    return [_service(app, pipeline) for app in deployed_apps(pipeline)]


def _service(app: App, pipeline: Pipeline) -> dict[str, Any]:
    return service(app.name, "app", pipeline.cluster.apps_run_in, port=80, node_port=app.node_port)


def service(name: str, component: str, namespace: str, *, port: int, node_port: int | None = None) -> dict[str, Any]:
    """Build a Service that leads to the pods' port named ``http``.

    Args:
        name: the Service's name, which is also its pods'.
        component: what it is for.
        namespace: where it is.
        port: its port inside the cluster.
        node_port: its port on every node, None for none.
    """
    outside = {} if node_port is None else {"nodePort": node_port}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name, component, namespace),
        "spec": {
            "type": "ClusterIP" if node_port is None else "NodePort",
            "selector": selector_of(name),
            "ports": [{"name": "http", "port": port, "targetPort": "http", "protocol": "TCP", **outside}],
        },
    }
