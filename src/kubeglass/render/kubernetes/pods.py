"""What workloads share: users, security contexts, probes, ports, variables, volumes, templates and Services.

Everything but the collector meets the Pod Security Standard "restricted":
https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubeglass.model.quantity import parse_memory
from kubeglass.model.sections.placement import Placement
from kubeglass.model.sections.secret import SecretSource
from kubeglass.model.sections.section import Resources
from kubeglass.render.kubernetes.names import describe, labels_of, metadata, selector_of

#: Seconds a program may take to start before it is restarted. Python imports in a second on a laptop, in a minute on a
#: small board that starts everything else at the same time.
START_SECONDS = 180

#: The user of images that kubeglass builds. Runtimes may take the group from the image, or 0, so pods set all three.
IMAGE_USER = 10001
#: "nobody", the user of Prometheus's own image.
PROMETHEUS_USER = 65534
#: The user of Grafana's own image: https://grafana.com/docs/grafana/latest/setup-grafana/configure-docker/
GRAFANA_USER = 472


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

    The kubelet creates the queue's folder on the node for root alone, so the collector is user 0. Without any
    capability (see :func:`container_security_context`), with a read-only root and no other host path, it can write
    there and nowhere else. With ``collector.host_metrics`` on it also reads, and only reads, the node's ``/proc`` and
    ``/sys``, or all of its files when file systems are measured.
    """
    return {"runAsNonRoot": False, "runAsUser": 0, "runAsGroup": 0, "seccompProfile": {"type": "RuntimeDefault"}}


def container_security_context() -> dict[str, Any]:
    """Security context of every container, the collector's included."""
    return {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def http_probe(path: str, port: str, *, period: int, failures: int = 3, timeout: int = 2) -> dict[str, Any]:
    """Request ``path`` every ``period`` seconds; fail after ``failures`` in a row."""
    return {
        "httpGet": {"path": path, "port": port},
        "periodSeconds": period,
        "failureThreshold": failures,
        "timeoutSeconds": timeout,
    }


def http_probes(path: str, port: str, *, period: int = 1) -> dict[str, Any]:
    """Request one path for all three probes; at startup every ``period`` seconds, for :data:`START_SECONDS`."""
    return {
        "startupProbe": http_probe(path, port, period=period, failures=START_SECONDS // period),
        "readinessProbe": http_probe(path, port, period=10),
        "livenessProbe": http_probe(path, port, period=30),
    }


def tcp_probe(port: str, *, period: int, failures: int = 3) -> dict[str, Any]:
    """Connect every ``period`` seconds; fail after ``failures`` in a row."""
    return {"tcpSocket": {"port": port}, "periodSeconds": period, "failureThreshold": failures, "timeoutSeconds": 2}


def resources_of(resources: Resources) -> dict[str, Any]:
    """Return a container's requests and limits."""
    amounts: dict[str, Any] = resources.model_dump(exclude_none=True)
    return {name: amount for name, amount in amounts.items() if amount}


def place(placement: Placement) -> dict[str, Any]:
    """Return the fields of a pod that say where it may run, and what gives way to it."""
    tolerations = [toleration.model_dump(mode="json", exclude_none=True) for toleration in placement.tolerations]
    fields = {
        "nodeSelector": dict(placement.node_selector),
        "tolerations": tolerations,
        "priorityClassName": placement.priority_class,
    }
    return {name: value for name, value in fields.items() if value}


def port_of(name: str, number: int) -> dict[str, Any]:
    """One named TCP port of a container."""
    return {"name": name, "containerPort": number, "protocol": "TCP"}


def field_variable(name: str, path: str) -> dict[str, Any]:
    """Environment variable filled from a field of the pod (downward API)."""
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def heap_limit(resources: Resources) -> list[dict[str, Any]]:
    """Environment variable that makes Go collect garbage before the process reaches its memory limit."""
    memory = resources.limits.memory
    return [] if memory is None else [{"name": "GOMEMLIMIT", "value": str(parse_memory(memory) * 9 // 10)}]


def secret_variable(name: str, source: SecretSource) -> dict[str, Any]:
    """Environment variable filled from a Secret."""
    assert source.secret is not None, "references.secrets.require_secrets refuses a source without one"
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": source.secret.name, "key": source.secret.key}}}


def empty_volume(name: str, size: str, *, in_memory: bool = False) -> dict[str, Any]:
    """Return a volume that lives as long as the pod, limited to ``size``."""
    medium = {"medium": "Memory"} if in_memory else {}
    return {"name": name, "emptyDir": {**medium, "sizeLimit": size}}


def template_of(
    name: str, component: str, spec: Mapping[str, Any], annotations: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Pod template of a workload."""
    notes = {"annotations": dict(annotations)} if annotations else {}
    return {"metadata": {"labels": labels_of(name, component), **notes}, "spec": dict(spec)}


#: The pod's own folder for temporary files.
TMP = {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108


def select(name: str) -> dict[str, Any]:
    """Selector of a workload."""
    return {"matchLabels": selector_of(name)}


def service(name: str, component: str, namespace: str, *, port: int, node_port: int | None = None) -> dict[str, Any]:
    """Build a Service for the port named ``http`` of the pods of the same name.

    Args:
        name: name of the Service and of its pods.
        component: what it is for.
        namespace: where it is.
        port: its port inside the cluster.
        node_port: its port on every node; None for no such port.
    """
    outside = {} if node_port is None else {"nodePort": node_port}
    spec = {
        "type": "ClusterIP" if node_port is None else "NodePort",
        "selector": selector_of(name),
        "ports": [{"name": "http", "port": port, "targetPort": "http", "protocol": "TCP", **outside}],
    }
    return describe("Service", metadata(name, component, namespace), spec=spec)
