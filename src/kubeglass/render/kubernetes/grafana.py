"""``grafana.yaml``: Grafana, provisioned from ConfigMaps, its password in a Secret that is never rendered."""

from __future__ import annotations

from typing import Any

from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.app_service import service
from kubeglass.render.kubernetes.config_maps import config_hash, config_maps, config_volume
from kubeglass.render.kubernetes.contents import DASHBOARDS_FOLDER, PROVISIONING_FOLDER, Contents
from kubeglass.render.kubernetes.images import grafana_image
from kubeglass.render.kubernetes.names import GRAFANA, GRAFANA_PORT, GRAFANA_SECRET, GRAFANA_SECRET_KEY, metadata
from kubeglass.render.kubernetes.pods import empty_volume, http_probe, port_of, select, template_of
from kubeglass.render.kubernetes.security import GRAFANA_USER, container_security_context, pod_security_context

CONFIG_MAP = f"{GRAFANA}-provisioning"
DASHBOARDS_MAP = f"{GRAFANA}-dashboards"

HOW_TO_MAKE_THE_SECRET = (
    "# Grafana waits for its administrator's password. `kubeglass deploy` generates one; with kubectl, make it:\n"
    f"#   kubectl -n {{namespace}} create secret generic {GRAFANA_SECRET}"
    f' --from-literal={GRAFANA_SECRET_KEY}="$(openssl rand -base64 24)"\n'
)


def build(pipeline: Pipeline, contents: Contents) -> list[dict[str, Any]]:
    """Build provisioning and dashboards, the Service, and the Deployment."""
    namespace = pipeline.cluster.namespace
    about = metadata(GRAFANA, "pages", namespace)
    spec = {
        "replicas": 1,
        "selector": select(GRAFANA),
        # Its database is a file of the pod's own: nothing to share with a second one.
        "strategy": {"type": "Recreate"},
        # Dashboards are read anew while it runs; provisioning only when it starts.
        "template": template_of(GRAFANA, "pages", _pod(pipeline, contents), config_hash(*contents.grafana)),
    }
    return [
        *config_maps(CONFIG_MAP, "pages", namespace, contents.grafana),
        *config_maps(DASHBOARDS_MAP, "pages", namespace, contents.dashboards),
        service(GRAFANA, "pages", namespace, port=GRAFANA_PORT, node_port=pipeline.cluster.grafana.node_port),
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "spec": spec},
    ]


def _pod(pipeline: Pipeline, contents: Contents) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(GRAFANA_USER),
        "containers": [_container(pipeline, contents)],
        "volumes": [
            config_volume("provisioning", CONFIG_MAP, contents.grafana),
            config_volume("dashboards", DASHBOARDS_MAP, contents.dashboards),
            empty_volume("data", "1Gi"),
            empty_volume("tmp", "64Mi"),
        ],
    }


def _container(pipeline: Pipeline, contents: Contents) -> dict[str, Any]:
    password = {"secretKeyRef": {"name": GRAFANA_SECRET, "key": GRAFANA_SECRET_KEY}}
    return {
        "name": GRAFANA,
        "image": grafana_image(pipeline),
        "imagePullPolicy": pipeline.cluster.pull_policy.value,
        "env": [
            *({"name": name, "value": value} for name, value in contents.grafana_environment.items()),
            {"name": "GF_SECURITY_ADMIN_USER", "value": "admin"},
            {"name": "GF_SECURITY_ADMIN_PASSWORD", "valueFrom": password},
        ],
        "ports": [port_of("http", GRAFANA_PORT)],
        "startupProbe": http_probe("/api/health", "http", period=2, failures=90),
        "readinessProbe": http_probe("/api/health", "http", period=10),
        "livenessProbe": http_probe("/api/health", "http", period=30),
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": container_security_context(),
        "volumeMounts": [
            {"name": "provisioning", "mountPath": PROVISIONING_FOLDER, "readOnly": True},
            {"name": "dashboards", "mountPath": DASHBOARDS_FOLDER, "readOnly": True},
            {"name": "data", "mountPath": "/var/lib/grafana"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  # the pod's own folder
        ],
    }
