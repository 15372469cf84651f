"""``viewer.yaml``: kubeglass's own page, the light alternative to Grafana."""

from __future__ import annotations

from typing import Any

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.quantity import format_duration
from kubeglass.render.kubernetes.app_service import service
from kubeglass.render.kubernetes.config_maps import config_maps, config_volume
from kubeglass.render.kubernetes.contents import DASHBOARDS_FOLDER, Contents
from kubeglass.render.kubernetes.images import viewer_image
from kubeglass.render.kubernetes.names import PROMETHEUS, PROMETHEUS_PORT, VIEWER, VIEWER_PORT, metadata
from kubeglass.render.kubernetes.pods import START_SECONDS, empty_volume, http_probe, port_of, select, template_of
from kubeglass.render.kubernetes.security import IMAGE_USER, container_security_context, pod_security_context

CONFIG_MAP = f"{VIEWER}-dashboards"


def build(pipeline: Pipeline, contents: Contents) -> list[dict[str, Any]]:
    """Build the dashboards, the Service and the Deployment."""
    namespace = pipeline.cluster.namespace
    spec = {
        "replicas": 1,
        "selector": select(VIEWER),
        "template": template_of(VIEWER, "pages", _pod(pipeline, contents)),
    }
    return [
        *config_maps(CONFIG_MAP, "pages", namespace, contents.dashboards),
        service(VIEWER, "pages", namespace, port=VIEWER_PORT, node_port=pipeline.cluster.viewer.node_port),
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata(VIEWER, "pages", namespace),
            "spec": spec,
        },
    ]


def _pod(pipeline: Pipeline, contents: Contents) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(IMAGE_USER),
        "containers": [_container(pipeline)],
        "volumes": [config_volume("dashboards", CONFIG_MAP, contents.dashboards), empty_volume("tmp", "16Mi")],
    }


def _container(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "name": VIEWER,
        "image": viewer_image(pipeline),
        "imagePullPolicy": pipeline.cluster.pull_policy.value,
        "command": ["python3", "-m", "kubeglass.viewer"],
        "args": [
            "--host=0.0.0.0",
            f"--port={VIEWER_PORT}",
            f"--prometheus=http://{PROMETHEUS}:{PROMETHEUS_PORT}",
            f"--dashboards={DASHBOARDS_FOLDER}",
            f"--time-interval={format_duration(pipeline.scrape.interval)}",
            # People come by any node's address or name, which nobody here knows; the page has no password to steal.
            "--allow-host=*",
        ],
        "ports": [port_of("http", VIEWER_PORT)],
        "startupProbe": http_probe("/healthz", "http", period=1, failures=START_SECONDS),
        "readinessProbe": http_probe("/healthz", "http", period=10),
        "livenessProbe": http_probe("/healthz", "http", period=30),
        "resources": {"requests": {"cpu": "10m", "memory": "48Mi"}, "limits": {"memory": "192Mi"}},
        "securityContext": container_security_context(),
        "volumeMounts": [
            {"name": "dashboards", "mountPath": DASHBOARDS_FOLDER, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  # the pod's own folder
        ],
    }
