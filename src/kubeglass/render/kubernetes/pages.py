"""``grafana.yaml`` and ``viewer.yaml``: the two pages people open."""

from __future__ import annotations

from typing import Any

from kubeglass.model.duration import format_duration
from kubeglass.model.parts import GRAFANA, GRAFANA_PORT, PROMETHEUS, PROMETHEUS_PORT, VIEWER, VIEWER_PORT
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.config_maps import (
    DASHBOARDS_FOLDER,
    PROVISIONING_FOLDER,
    Contents,
    config_hash,
    config_maps,
    config_volume,
)
from kubeglass.render.kubernetes.names import (
    GRAFANA_SECRET,
    GRAFANA_SECRET_KEY,
    describe,
    grafana_image,
    metadata,
    viewer_image,
)
from kubeglass.render.kubernetes.pods import (
    GRAFANA_USER,
    IMAGE_USER,
    TMP,
    container_security_context,
    empty_volume,
    http_probes,
    pod_security_context,
    port_of,
    select,
    service,
    template_of,
)

HOW_TO_MAKE_THE_SECRET = (
    "# Grafana waits for its administrator's password. `kubeglass deploy` generates one; with kubectl, make it:\n"
    f"#   kubectl -n {{namespace}} create secret generic {GRAFANA_SECRET}"
    f' --from-literal={GRAFANA_SECRET_KEY}="$(openssl rand -base64 24)"\n'
)


def build_grafana(pipeline: Pipeline, contents: Contents) -> list[dict[str, Any]]:
    """Build provisioning and dashboards, the Service, and the Deployment."""
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(GRAFANA_USER),
        "containers": [_grafana_container(pipeline, contents)],
        "volumes": [
            config_volume("provisioning", f"{GRAFANA}-provisioning", contents.grafana),
            config_volume("dashboards", f"{GRAFANA}-dashboards", contents.dashboards),
            empty_volume("data", "1Gi"),
            empty_volume("tmp", "64Mi"),
        ],
    }
    spec = {
        "replicas": 1,
        "selector": select(GRAFANA),
        # Its database is a file in the pod, which a second one could not share.
        "strategy": {"type": "Recreate"},
        # It reloads dashboards while it runs, but reads provisioning only at startup.
        "template": template_of(GRAFANA, "pages", pod, config_hash(*contents.grafana)),
    }
    namespace = pipeline.cluster.namespace
    return [
        *config_maps(f"{GRAFANA}-provisioning", "pages", namespace, contents.grafana),
        *config_maps(f"{GRAFANA}-dashboards", "pages", namespace, contents.dashboards),
        service(GRAFANA, "pages", namespace, port=GRAFANA_PORT, node_port=pipeline.cluster.grafana.node_port),
        describe("Deployment", metadata(GRAFANA, "pages", namespace), spec=spec),
    ]


def _grafana_container(pipeline: Pipeline, contents: Contents) -> dict[str, Any]:
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
        **http_probes("/api/health", "http", period=2),
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": container_security_context(),
        "volumeMounts": [
            {"name": "provisioning", "mountPath": PROVISIONING_FOLDER, "readOnly": True},
            {"name": "dashboards", "mountPath": DASHBOARDS_FOLDER, "readOnly": True},
            {"name": "data", "mountPath": "/var/lib/grafana"},
            TMP,
        ],
    }


def build_viewer(pipeline: Pipeline, contents: Contents) -> list[dict[str, Any]]:
    """Build the dashboards, the Service and the Deployment."""
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(IMAGE_USER),
        "containers": [_viewer_container(pipeline)],
        "volumes": [
            config_volume("dashboards", f"{VIEWER}-dashboards", contents.dashboards),
            empty_volume("tmp", "16Mi"),
        ],
    }
    spec = {"replicas": 1, "selector": select(VIEWER), "template": template_of(VIEWER, "pages", pod)}
    namespace = pipeline.cluster.namespace
    return [
        *config_maps(f"{VIEWER}-dashboards", "pages", namespace, contents.dashboards),
        service(VIEWER, "pages", namespace, port=VIEWER_PORT, node_port=pipeline.cluster.viewer.node_port),
        describe("Deployment", metadata(VIEWER, "pages", namespace), spec=spec),
    ]


def _viewer_container(pipeline: Pipeline) -> dict[str, Any]:
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
            # Users connect to any node's address or name, unknown here; the page has no password to steal.
            "--allow-host=*",
        ],
        "ports": [port_of("http", VIEWER_PORT)],
        **http_probes("/healthz", "http"),
        "resources": {"requests": {"cpu": "10m", "memory": "48Mi"}, "limits": {"memory": "192Mi"}},
        "securityContext": container_security_context(),
        "volumeMounts": [{"name": "dashboards", "mountPath": DASHBOARDS_FOLDER, "readOnly": True}, TMP],
    }
