"""The manifests, in the order they are applied: read it top to bottom and you know what is on the cluster."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from kubeglass.model.pipeline import Pipeline
from kubeglass.render.file import RenderedFile
from kubeglass.render.kubernetes import (
    app,
    app_service,
    collector,
    grafana,
    kustomization,
    network_policy,
    prometheus,
    rbac,
    viewer,
)
from kubeglass.render.kubernetes.contents import Contents
from kubeglass.render.kubernetes.images import missing_grafana
from kubeglass.render.kubernetes.names import mark
from kubeglass.render.yaml import HEADER, dump_yaml, dump_yaml_documents

KUSTOMIZATION = "kustomization.yaml"


def build(pipeline: Pipeline, contents: Contents) -> dict[str, list[dict[str, Any]]]:
    """Build every object, by the name of the file it goes into; a file without objects is left out.

    Each file applies alone: Grafana and the viewer have a copy of the dashboards each.
    """
    grafana_on, viewer_on = pipeline.cluster.runs_grafana, pipeline.cluster.viewer.enabled
    files = {
        "otel-rbac-ns.yaml": rbac.build(pipeline),
        "python-app.yaml": app.build(pipeline),
        "python-nodeport-svc.yaml": app_service.build(pipeline),
        "otel-collector-config.yaml": collector.build_config(pipeline, contents.collector),
        "otel-collector-daemonset.yaml": collector.build_daemon_set(pipeline, contents.collector),
        "prometheus.yaml": prometheus.build(pipeline, contents),
        "grafana.yaml": grafana.build(pipeline, contents) if grafana_on else [],
        "viewer.yaml": viewer.build(pipeline, contents) if viewer_on else [],
        "network-policy.yaml": network_policy.build(pipeline, contents.collector),
    }
    return {name: [mark(item, pipeline) for item in objects] for name, objects in files.items() if objects}


def render(pipeline: Pipeline, contents: Contents) -> list[RenderedFile]:
    """Render every manifest; paths are file names."""
    objects = build(pipeline, contents)
    files = [
        RenderedFile(PurePosixPath(name), dump_yaml_documents(items, header=_header(name, pipeline)))
        for name, items in objects.items()
    ]
    whole = dump_yaml(kustomization.build(objects), header=_header(KUSTOMIZATION, pipeline))
    return [*files, RenderedFile(PurePosixPath(KUSTOMIZATION), whole)]


def _header(name: str, pipeline: Pipeline) -> str:
    if name == "grafana.yaml":
        return HEADER + grafana.HOW_TO_MAKE_THE_SECRET.format(namespace=pipeline.cluster.namespace)
    note = missing_grafana(pipeline) if name == KUSTOMIZATION else ""
    return HEADER + (f"# {note}.\n" if note else "")
