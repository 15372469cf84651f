"""``otel-collector-config.yaml`` and ``otel-collector-daemonset.yaml``: one collector on each node."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from kubeglass.model.parts import (
    COLLECTOR,
    COLLECTOR_GRACE,
    HEALTH_PORT,
    OTLP_GRPC_PORT,
    OTLP_GRPC_PORT_NAME,
    OTLP_PORT,
    OTLP_PORT_NAME,
    TELEMETRY_PORT,
    TELEMETRY_PORT_NAME,
)
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.secret import SecretKey
from kubeglass.render.kubernetes.config_maps import CollectorSetup, config_hash, config_maps, config_volume
from kubeglass.render.kubernetes.names import collector_image, describe, metadata, selector_of
from kubeglass.render.kubernetes.pods import (
    collector_security_context,
    container_security_context,
    field_variable,
    heap_limit,
    http_probes,
    place,
    port_of,
    resources_of,
    secret_variable,
    select,
    template_of,
)

CONFIG_MAP = f"{COLLECTOR}-config"
CONFIG_FOLDER = "/etc/otelcol"
#: Name of the volume with the queue.
QUEUE = "queue"
#: Name of the volume with what scrapes over TLS need.
SECRETS = "scrape-tls"
#: The ports that pods push to.
_PUSHED = {OTLP_GRPC_PORT_NAME: OTLP_GRPC_PORT, OTLP_PORT_NAME: OTLP_PORT}
_SERVICE = {
    "type": "ClusterIP",
    "selector": selector_of(COLLECTOR),
    # Only the collector of a pod's own node knows the pod.
    "internalTrafficPolicy": "Local",
    "ports": [
        {
            "name": name,
            "port": number,
            "targetPort": name,
            "protocol": "TCP",
            "appProtocol": name.removeprefix("otlp-"),
        }
        for name, number in _PUSHED.items()
    ],
}


def build_config(pipeline: Pipeline, setup: CollectorSetup) -> list[dict[str, Any]]:
    """Build the ConfigMap of ``otel-collector-config.yaml``."""
    return config_maps(CONFIG_MAP, "collector", pipeline.cluster.namespace, [setup.config])


def build_daemon_set(pipeline: Pipeline, setup: CollectorSetup) -> list[dict[str, Any]]:
    """Build the DaemonSet of ``otel-collector-daemonset.yaml``, and the Service that pods push to."""
    spec = {
        "selector": select(COLLECTOR),
        # Two collectors on one node would scrape every pod twice, so the old one stops first.
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 0}},
        "template": template_of(COLLECTOR, "collector", _pod(pipeline, setup), config_hash(setup.config)),
    }
    about = metadata(COLLECTOR, "collector", pipeline.cluster.namespace)
    pushed = [describe("Service", about, spec=_SERVICE)] if pipeline.collector.otlp.enabled else []
    return [describe("DaemonSet", about, spec=spec), *pushed]


def _pod(pipeline: Pipeline, setup: CollectorSetup) -> dict[str, Any]:
    folders = setup.host_folders.values()
    return {
        "serviceAccountName": COLLECTOR,
        "enableServiceLinks": False,
        "securityContext": collector_security_context(),
        **place(pipeline.collector.placement),
        "terminationGracePeriodSeconds": COLLECTOR_GRACE,
        "containers": [_container(pipeline, setup)],
        "volumes": [
            config_volume("config", CONFIG_MAP, [setup.config]),
            _host_volume(QUEUE, pipeline.cluster.queue_folder, "DirectoryOrCreate"),
            *(_host_volume(_volume_name(folder), folder, "Directory") for folder in folders),
            *([_secret_volume(setup.secrets)] if setup.secrets else []),
        ],
    }


def _container(pipeline: Pipeline, setup: CollectorSetup) -> dict[str, Any]:
    return {
        "name": COLLECTOR,
        "image": collector_image(pipeline),
        "imagePullPolicy": pipeline.cluster.pull_policy.value,
        "args": [f"--config={CONFIG_FOLDER}/{setup.config.path}"],
        "env": _environment(pipeline),
        "ports": [port_of(name, number) for name, number in _ports(pipeline).items()],
        **http_probes("/", "health"),
        "resources": resources_of(pipeline.collector.resources),
        "securityContext": container_security_context(),
        "volumeMounts": [
            {"name": "config", "mountPath": CONFIG_FOLDER, "readOnly": True},
            {"name": QUEUE, "mountPath": setup.queue_directory},
            *(
                {"name": _volume_name(folder), "mountPath": where, "readOnly": True}
                for where, folder in setup.host_folders.items()
            ),
            *(
                {"name": SECRETS, "mountPath": str(folder), "readOnly": True}
                for folder in dict.fromkeys(path.parent for path in setup.secrets)
            ),
        ],
    }


def _ports(pipeline: Pipeline) -> dict[str, int]:
    return {
        "health": HEALTH_PORT,
        TELEMETRY_PORT_NAME: TELEMETRY_PORT,
        **(_PUSHED if pipeline.collector.otlp.enabled else {}),
    }


def _host_volume(name: str, folder: str, kind: str) -> dict[str, Any]:
    return {"name": name, "hostPath": {"path": folder, "type": kind}}


def _secret_volume(files: Mapping[PurePosixPath, SecretKey]) -> dict[str, Any]:
    """Return a volume with one file for each key of a Secret, which only the collector's user reads."""
    sources = [
        {"secret": {"name": key.name, "items": [{"key": key.key, "path": path.name}]}} for path, key in files.items()
    ]
    return {"name": SECRETS, "projected": {"defaultMode": 0o400, "sources": sources}}


def _volume_name(folder: str) -> str:
    return f"host{folder.rstrip('/').replace('/', '-')}"


def _environment(pipeline: Pipeline) -> list[dict[str, Any]]:
    return [
        field_variable("K8S_NODE_NAME", "spec.nodeName"),
        field_variable("K8S_NODE_IP", "status.hostIP"),
        field_variable("K8S_POD_IP", "status.podIP"),
        *heap_limit(pipeline.collector.resources),
        *(secret_variable(source.variable, source) for source in pipeline.collector_secrets),
    ]
