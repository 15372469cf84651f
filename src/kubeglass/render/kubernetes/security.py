"""Security contexts: the Pod Security Standard "restricted", except for what the collector needs.

https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from typing import Any

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.cluster import PodSecurity
from kubeglass.render.kubernetes.names import deployed_apps

#: The user of images that kubeglass builds. Runtimes may take the group from the image, or 0, so pods set all three.
IMAGE_USER = 10001
#: "nobody", the user of Prometheus's own image.
PROMETHEUS_USER = 65534
#: The user of Grafana's own image: https://grafana.com/docs/grafana/latest/setup-grafana/configure-docker/
GRAFANA_USER = 472

_ENFORCE = "pod-security.kubernetes.io/enforce"
_AUDIT = "pod-security.kubernetes.io/audit"
_REASON = "kubeglass.dev/pod-security-reason"


def pod_security_context(user: int, group: int | None = None) -> dict[str, Any]:
    """Security context of a pod at the restricted level; ``group`` owns its volumes (default: the user's number)."""
    owner = user if group is None else group
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": owner,
        "fsGroup": owner,
        # Walk large volumes once, not at every start.
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def collector_security_context() -> dict[str, Any]:
    """Security context of the collector's pod, the one exception.

    The kubelet makes the queue's folder on the node for root alone, so the collector is user 0: without any capability
    (see :func:`container_security_context`), with a read-only root and no host path but that folder, it can do there
    what its owner can and nothing else. With ``collector.host_metrics`` on it also reads, and only reads, the node's
    ``/proc`` and ``/sys``, or all of its files when file systems are measured.
    """
    return {
        "runAsNonRoot": False,
        "runAsUser": 0,
        "runAsGroup": 0,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security_context() -> dict[str, Any]:
    """Security context of every container, the collector's included."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def namespace_labels(pipeline: Pipeline, namespace: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the labels that enforce a Pod Security level in a namespace, and annotations that say why."""
    reason = _exception(pipeline, namespace)
    level = pipeline.cluster.security.pod_security.value
    if not reason:
        return {_ENFORCE: level, _AUDIT: level}, {}
    return {_ENFORCE: PodSecurity.PRIVILEGED.value, _AUDIT: level}, {_REASON: reason}


def _exception(pipeline: Pipeline, namespace: str) -> str:
    if namespace == pipeline.cluster.namespace:
        host = " and reads the node's files to measure it" if pipeline.collector.host_metrics.enabled else ""
        return f"the collector keeps its queue in a folder of the node{host}, which only this level allows"
    mounted = [app.name for app in deployed_apps(pipeline) if app.host_path is not None]
    return (
        f"the source of {', '.join(mounted)} is mounted from the node, which only this level allows" if mounted else ""
    )
