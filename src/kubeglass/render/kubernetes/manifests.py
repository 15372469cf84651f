"""The manifests: everything that is on the cluster, in the order in which it is applied."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from kubeglass.model.pipeline import Pipeline
from kubeglass.render.files import RenderedFile
from kubeglass.render.kubernetes import access, app, collector, ingress, pages, policies, prometheus
from kubeglass.render.kubernetes.config_maps import Contents, check_sizes
from kubeglass.render.kubernetes.names import PAGE_SECRETS, mark, missing_grafana
from kubeglass.render.yaml import HEADER, dump_yaml, dump_yaml_documents

KUSTOMIZATION = "kustomization.yaml"


def build(pipeline: Pipeline, contents: Contents) -> dict[str, list[dict[str, Any]]]:
    """Build every object, by the name of the file it goes into; a file without objects is left out.

    Each file can be applied alone, so Grafana and the viewer each have a copy of the dashboards.

    Raises:
        ConfigError: a configuration file or dashboard is too large for a ConfigMap.
    """
    grafana_on, viewer_on = pipeline.cluster.runs_grafana, pipeline.cluster.viewer.enabled
    files = {
        "otel-rbac-ns.yaml": access.build_accounts(pipeline),
        "python-app.yaml": app.build(pipeline),
        "python-nodeport-svc.yaml": app.build_services(pipeline),
        "otel-collector-config.yaml": collector.build_config(pipeline, contents.collector),
        "otel-collector-daemonset.yaml": collector.build_daemon_set(pipeline, contents.collector),
        "prometheus.yaml": prometheus.build(pipeline, contents),
        "grafana.yaml": pages.build_grafana(pipeline, contents) if grafana_on else [],
        "viewer.yaml": pages.build_viewer(pipeline, contents) if viewer_on else [],
        "ingress.yaml": ingress.build(pipeline),
        "network-policy.yaml": policies.build(pipeline),
    }
    for objects in files.values():
        check_sizes(objects, for_kubectl=False)
    return {name: [mark(item, pipeline) for item in objects] for name, objects in files.items() if objects}


def render(pipeline: Pipeline, contents: Contents) -> list[RenderedFile]:
    """Render every manifest; paths are file names.

    Raises:
        ConfigError: a configuration file or dashboard is too large for ``kubectl apply``.
    """
    objects = build(pipeline, contents)
    for items in objects.values():
        check_sizes(items, for_kubectl=True)
    files = [
        RenderedFile(PurePosixPath(name), dump_yaml_documents(items, header=_header(name, pipeline)))
        for name, items in objects.items()
    ]
    # They are applied in dependency order, whatever the order here.
    whole = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(objects)}
    text = dump_yaml(whole, header=_header(KUSTOMIZATION, pipeline))
    return [*files, RenderedFile(PurePosixPath(KUSTOMIZATION), text)]


def _header(name: str, pipeline: Pipeline) -> str:
    page = name.removesuffix(".yaml")
    if page in PAGE_SECRETS:
        return HEADER + pages.explain_password(page, pipeline.cluster.namespace)
    note = missing_grafana(pipeline) if name == KUSTOMIZATION else ""
    return HEADER + (f"# {note}.\n" if note else "")
