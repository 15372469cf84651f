"""``grafana.yaml`` and ``viewer.yaml``: the two pages people open."""

from __future__ import annotations

from typing import Any

from kubeglass.model.duration import format_duration
from kubeglass.model.parts import GRAFANA, GRAFANA_PORT, PROMETHEUS, PROMETHEUS_PORT, VIEWER, VIEWER_PORT
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.ingress import Ingress
from kubeglass.render.kubernetes.config_maps import (
    DASHBOARDS_FOLDER,
    PROVISIONING_FOLDER,
    Contents,
    config_hash,
    config_maps,
    config_volume,
)
from kubeglass.render.kubernetes.names import (
    PAGE_SECRET_KEY,
    PAGE_SECRETS,
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
    place,
    pod_security_context,
    port_of,
    resources_of,
    select,
    service,
    template_of,
)

_WHY_A_PASSWORD = {
    GRAFANA: "Grafana waits for its administrator's password.",
    VIEWER: "Without a password the page is open to kubectl port-forward only.",
}


def explain_password(page: str, namespace: str) -> str:
    """Return the comment that tells users of kubectl how to set the password of ``page``."""
    return (
        f"# {_WHY_A_PASSWORD[page]} `kubeglass deploy` generates one; with kubectl, set it first:\n"
        f"#   kubectl -n {namespace} create secret generic {PAGE_SECRETS[page]}"
        f' --from-literal={PAGE_SECRET_KEY}="$(openssl rand -base64 24)"\n'
    )


PASSWORD_FOLDER = "/run/kubeglass/sign-in"  # noqa: S105  # a folder, not a secret
#: As a file, not a variable, which child processes inherit.
_PASSWORD_MOUNT = {"name": "password", "mountPath": PASSWORD_FOLDER, "readOnly": True}


def _password_volume(page: str, **more: bool) -> dict[str, Any]:
    return {"name": "password", "secret": {"secretName": PAGE_SECRETS[page], **more}}


def build_grafana(pipeline: Pipeline, contents: Contents) -> list[dict[str, Any]]:
    """Build provisioning and dashboards, the Service, and the Deployment."""
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(GRAFANA_USER),
        **place(pipeline.cluster.grafana.placement.over(pipeline.cluster.placement)),
        "containers": [_grafana_container(pipeline, contents)],
        "volumes": [
            config_volume("provisioning", f"{GRAFANA}-provisioning", contents.grafana),
            config_volume("dashboards", f"{GRAFANA}-dashboards", contents.dashboards),
            _password_volume(GRAFANA),
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
    return {
        "name": GRAFANA,
        "image": grafana_image(pipeline),
        "imagePullPolicy": pipeline.cluster.pull_policy.value,
        "env": [
            *({"name": name, "value": value} for name, value in contents.grafana_environment.items()),
            *_root_url(pipeline.cluster.grafana.ingress),
            {"name": "GF_SECURITY_ADMIN_USER", "value": "admin"},
            {"name": "GF_SECURITY_ADMIN_PASSWORD", "value": f"$__file{{{PASSWORD_FOLDER}/{PAGE_SECRET_KEY}}}"},
        ],
        "ports": [port_of("http", GRAFANA_PORT)],
        **http_probes("/api/health", "http", period=2),
        "resources": resources_of(pipeline.cluster.grafana.resources),
        "securityContext": container_security_context(),
        "volumeMounts": [
            # Only these: Grafana logs an error at every start if the image's folders beside them are hidden.
            *(_provisioning_mount(folder) for folder in sorted({file.path.parts[0] for file in contents.grafana})),
            {"name": "dashboards", "mountPath": DASHBOARDS_FOLDER, "readOnly": True},
            _PASSWORD_MOUNT,
            {"name": "data", "mountPath": "/var/lib/grafana"},
            TMP,
        ],
    }


def _root_url(ingress: Ingress | None) -> list[dict[str, Any]]:
    """Tell Grafana its address, for redirects and links."""
    return [] if ingress is None else [{"name": "GF_SERVER_ROOT_URL", "value": f"{ingress.url}/"}]


def _provisioning_mount(folder: str) -> dict[str, Any]:
    return {
        "name": "provisioning",
        "mountPath": f"{PROVISIONING_FOLDER}/{folder}",
        "subPath": folder,
        "readOnly": True,
    }


def build_viewer(pipeline: Pipeline, contents: Contents) -> list[dict[str, Any]]:
    """Build the dashboards, the Service and the Deployment."""
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(IMAGE_USER),
        **place(pipeline.cluster.viewer.placement.over(pipeline.cluster.placement)),
        "containers": [_viewer_container(pipeline)],
        "volumes": [
            config_volume("dashboards", f"{VIEWER}-dashboards", contents.dashboards),
            # Without it, the page serves port-forwards only.
            _password_volume(VIEWER, optional=True),
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
            f"--password-file={PASSWORD_FOLDER}/{PAGE_SECRET_KEY}",
            *(f"--allow-host={name}" for name in _names_of_viewer(pipeline)),
            *_name_of_ingress(pipeline.cluster.viewer.ingress),
        ],
        "ports": [port_of("http", VIEWER_PORT)],
        **http_probes("/healthz", "http"),
        "resources": resources_of(pipeline.cluster.viewer.resources),
        "securityContext": container_security_context(),
        "volumeMounts": [
            {"name": "dashboards", "mountPath": DASHBOARDS_FOLDER, "readOnly": True},
            _PASSWORD_MOUNT,
            TMP,
        ],
    }


def _names_of_viewer(pipeline: Pipeline) -> list[str]:
    """Return the names of the page beside its addresses and its Ingress: those of its Service, and the user's own."""
    home = pipeline.cluster.namespace
    service_names = (VIEWER, f"{VIEWER}.{home}", f"{VIEWER}.{home}.svc", f"{VIEWER}.{home}.svc.cluster.local")
    return [*service_names, *pipeline.cluster.viewer.hosts]


def _name_of_ingress(ingress: Ingress | None) -> list[str]:
    if ingress is None:
        return []
    return [f"--{'secure' if ingress.tls else 'allow'}-host={ingress.host}"]
