"""``prometheus.yaml``: the storage and its volume."""

from __future__ import annotations

from typing import Any

from kubeglass.model.duration import format_duration
from kubeglass.model.parts import PROMETHEUS, PROMETHEUS_PORT
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.config_maps import Contents, config_hash, config_maps, config_volume
from kubeglass.render.kubernetes.names import describe, labels_of, metadata, prometheus_image
from kubeglass.render.kubernetes.pods import (
    PROMETHEUS_USER,
    container_security_context,
    heap_limit,
    http_probe,
    place,
    pod_security_context,
    port_of,
    resources_of,
    select,
    service,
    template_of,
)

CONFIG_MAP = f"{PROMETHEUS}-config"
CONFIG_FOLDER = "/etc/prometheus"
VOLUME = "data"
VOLUME_FOLDER = "/prometheus"


def build(pipeline: Pipeline, contents: Contents) -> list[dict[str, Any]]:
    """Build configuration and rules, the Service, and the StatefulSet."""
    namespace = pipeline.cluster.namespace
    spec = {
        "serviceName": PROMETHEUS,
        "replicas": 1,
        "selector": select(PROMETHEUS),
        "template": template_of(PROMETHEUS, "storage", _pod(pipeline, contents), config_hash(*contents.prometheus)),
        "volumeClaimTemplates": [_claim(pipeline)],
        # Samples outlive the StatefulSet; only `kubeglass undeploy --purge` deletes them.
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    }
    return [
        *config_maps(CONFIG_MAP, "storage", namespace, contents.prometheus),
        service(PROMETHEUS, "storage", namespace, port=PROMETHEUS_PORT),
        describe("StatefulSet", metadata(PROMETHEUS, "storage", namespace), spec=spec),
    ]


def _pod(pipeline: Pipeline, contents: Contents) -> dict[str, Any]:
    return {
        "serviceAccountName": PROMETHEUS,
        "enableServiceLinks": False,
        # fsGroup makes the volume writable. Where local-path makes volumes of type hostPath, which ignore it
        # (k3s-io/k3s#6401), everybody may write there; K3s makes them of type local, and Kubernetes applies fsGroup.
        # Prometheus creates its folder itself, below the volume's root.
        "securityContext": pod_security_context(PROMETHEUS_USER),
        **place(pipeline.storage.placement.over(pipeline.cluster.placement)),
        # It writes its head block before it stops.
        "terminationGracePeriodSeconds": 120,
        "containers": [_container(pipeline)],
        "volumes": [config_volume("config", CONFIG_MAP, contents.prometheus)],
    }


def _container(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "name": PROMETHEUS,
        "image": prometheus_image(pipeline),
        "imagePullPolicy": pipeline.cluster.pull_policy.value,
        "args": [
            f"--config.file={CONFIG_FOLDER}/prometheus.yml",
            # Not the volume's root, which may contain lost+found or have another owner.
            f"--storage.tsdb.path={VOLUME_FOLDER}/tsdb",
            f"--storage.tsdb.retention.time={format_duration(pipeline.storage.retention.time)}",
            f"--storage.tsdb.retention.size={pipeline.storage.retention.size}",
            f"--web.listen-address=0.0.0.0:{PROMETHEUS_PORT}",
            "--web.enable-otlp-receiver",
        ],
        "env": heap_limit(pipeline.storage.resources),
        "ports": [port_of("http", PROMETHEUS_PORT)],
        # Replaying a large write-ahead log takes minutes.
        "startupProbe": http_probe("/-/ready", "http", period=1, failures=600),
        "readinessProbe": http_probe("/-/ready", "http", period=5),
        "livenessProbe": http_probe("/-/healthy", "http", period=10, failures=6),
        "resources": resources_of(pipeline.storage.resources),
        "securityContext": container_security_context(),
        "volumeMounts": [
            {"name": "config", "mountPath": CONFIG_FOLDER, "readOnly": True},
            {"name": VOLUME, "mountPath": VOLUME_FOLDER},
        ],
    }


def _claim(pipeline: Pipeline) -> dict[str, Any]:
    storage_class = pipeline.cluster.storage_class
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "volumeMode": "Filesystem",
        "resources": {"requests": {"storage": pipeline.storage.volume_size}},
        **({"storageClassName": storage_class} if storage_class is not None else {}),
    }
    return describe("PersistentVolumeClaim", {"name": VOLUME, "labels": labels_of(PROMETHEUS, "storage")}, spec=spec)
