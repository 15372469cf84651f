"""Names, labels and images of what runs on the cluster, and the shape of every object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubeglass import __version__
from kubeglass.engines.engine import Distribution, load_distribution
from kubeglass.model import parts
from kubeglass.model.parts import GRAFANA, VIEWER
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.model.sections.cluster import ImageSource

#: Secret of each page with its password; `kubeglass deploy` creates it, and it is never rendered.
PAGE_SECRETS = {GRAFANA: "grafana-admin", VIEWER: "viewer-password"}
PAGE_SECRET_KEY = "password"  # noqa: S105  # a key's name, not a secret

NAME = "app.kubernetes.io/name"
COMPONENT = "app.kubernetes.io/component"
PART_OF = "app.kubernetes.io/part-of"
MANAGED_BY = parts.MANAGED_BY
#: The pipeline that an object belongs to, by its namespace: two pipelines may share the namespace of their apps.
PIPELINE = parts.PIPELINE

#: Namespaces carry their own name in this label since Kubernetes 1.22; policies select by it.
NAMESPACE_NAME = "kubernetes.io/metadata.name"


def labels_of(name: str, component: str) -> dict[str, str]:
    """Labels of one part; ``name`` selects its pods and becomes the ``job`` of its metrics."""
    return {NAME: name, COMPONENT: component, PART_OF: "kubeglass", MANAGED_BY: "kubeglass"}


#: The version of the API of each kind that is rendered.
VERSIONS = {
    "Namespace": "v1",
    "ServiceAccount": "v1",
    "ConfigMap": "v1",
    "Service": "v1",
    "PersistentVolumeClaim": "v1",
    "Deployment": "apps/v1",
    "DaemonSet": "apps/v1",
    "StatefulSet": "apps/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "PodDisruptionBudget": "policy/v1",
    "Ingress": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
}


def describe(kind: str, about: Mapping[str, Any], **content: Any) -> dict[str, Any]:
    """Return an object of the API.

    Args:
        kind: such as ``Deployment``.
        about: its metadata.
        content: its other fields, such as ``spec``.
    """
    return {"apiVersion": VERSIONS[kind], "kind": kind, "metadata": about, **content}


def mark(item: Mapping[str, Any], pipeline: Pipeline) -> dict[str, Any]:
    """Label an object with its pipeline, and its pods too, so that those of two pipelines can be told apart.

    Selectors and a StatefulSet's claims can never change, so they stay as they are.
    """
    marked = _label(item, pipeline)
    if "template" not in item.get("spec", {}):
        return marked
    return {**marked, "spec": {**item["spec"], "template": _label(item["spec"]["template"], pipeline)}}


def _label(item: Mapping[str, Any], pipeline: Pipeline) -> dict[str, Any]:
    about = item["metadata"]
    return {**item, "metadata": {**about, "labels": {**about["labels"], PIPELINE: pipeline.cluster.namespace}}}


def selector_of(name: str) -> dict[str, str]:
    """Labels that select the pods of one part; a selector is immutable, so it has as few as possible."""
    return {NAME: name}


def metadata(name: str, component: str, namespace: str) -> dict[str, Any]:
    """Metadata of one object; its component is ``collector``, ``storage``, ``pages``, ``app`` or ``pipeline``."""
    return {"name": name, "namespace": namespace, "labels": labels_of(name, component)}


def deployed_apps(pipeline: Pipeline) -> tuple[App, ...]:
    """Apps that kubeglass runs on the cluster; others are only scraped."""
    return tuple(app for app in pipeline.apps if not app.is_only_scraped)


def cluster_name(pipeline: Pipeline, name: str) -> str:
    """Name of a cluster-scoped object, which two pipelines must not share."""
    return f"kubeglass:{pipeline.cluster.namespace}:{name}"


#: Images that are in no registry are named under localhost: a pull then fails at once, and gets no stranger's image.
OWN_REGISTRY = "localhost/kubeglass"


def collector_image(pipeline: Pipeline) -> str:
    """Image of the collector."""
    return pipeline.cluster.images.collector or _engine_image("collector", load_distribution("otelcol"), pipeline)


def prometheus_image(pipeline: Pipeline) -> str:
    """Image of Prometheus."""
    return pipeline.cluster.images.prometheus or _engine_image("prometheus", load_distribution("prometheus"), pipeline)


def own_image(part: str, distribution: Distribution) -> str:
    """Image that kubeglass builds of an engine's program."""
    return f"{OWN_REGISTRY}/{part}:{distribution.version}"


def grafana_image(pipeline: Pipeline) -> str:
    """Image of Grafana."""
    return pipeline.cluster.images.grafana or load_distribution("grafana").image


def viewer_image(pipeline: Pipeline) -> str:
    """Image of the page."""
    return pipeline.cluster.images.viewer or f"{OWN_REGISTRY}/viewer:{__version__}"


def app_image(app: App) -> str:
    """Image of an app's container."""
    return (app.install.image if app.install else app.image) or built_image(app)


def built_image(app: App) -> str:
    """Image that kubeglass builds of an app; one that is mounted from the node has only interpreter and libraries."""
    return f"{OWN_REGISTRY}/{'python' if app.host_path else app.name}:{__version__}"


def missing_grafana(pipeline: Pipeline) -> str:
    """Say why Grafana is left out although it is enabled; empty if it runs or is disabled."""
    if pipeline.cluster.runs_grafana or not pipeline.cluster.grafana.enabled:
        return ""
    return (
        "Grafana is left out: cluster.images.source is local, and kubeglass builds no Grafana image; name one in"
        " cluster.images.grafana, or use the page"
    )


def _engine_image(part: str, distribution: Distribution, pipeline: Pipeline) -> str:
    local = pipeline.cluster.images.source is ImageSource.LOCAL
    return own_image(part, distribution) if local else distribution.image
