"""``ingress.yaml``: host names under which the cluster's ingress controller serves apps and pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kubeglass.model.parts import GRAFANA, VIEWER
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.ingress import Ingress
from kubeglass.render.kubernetes.names import deployed_apps, describe, metadata


def build(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Build an Ingress for each part that has a host name."""
    return [
        _ingress(metadata(name, component, namespace), ingress)
        for name, component, namespace, ingress in _exposed(pipeline)
    ]


def _exposed(pipeline: Pipeline) -> Iterator[tuple[str, str, str, Ingress]]:
    cluster = pipeline.cluster
    for app in deployed_apps(pipeline):
        if app.ingress is not None:
            yield app.name, "app", pipeline.namespace_of(app), app.ingress
    for name, runs, page in (
        (GRAFANA, cluster.runs_grafana, cluster.grafana),
        (VIEWER, cluster.viewer.enabled, cluster.viewer),
    ):
        if runs and page.ingress is not None:
            yield name, "pages", cluster.namespace, page.ingress


def _ingress(about: dict[str, Any], ingress: Ingress) -> dict[str, Any]:
    # The Service has the name of the part, and so has its port.
    backend = {"service": {"name": about["name"], "port": {"name": "http"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec: dict[str, Any] = {"rules": [{"host": ingress.host, "http": {"paths": [path]}}]}
    if ingress.tls is not None:
        spec["tls"] = [{"hosts": [ingress.host], "secretName": ingress.tls}]
    if ingress.class_name is not None:
        spec["ingressClassName"] = ingress.class_name
    notes = {"annotations": ingress.annotations} if ingress.annotations else {}
    return describe("Ingress", {**about, **notes}, spec=spec)
