"""What workloads share: probes, ports, variables, volumes, pod templates and Services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubeglass.model.quantity import parse_memory
from kubeglass.model.sections.secret import SecretSource
from kubeglass.model.sections.section import Amount, Resources
from kubeglass.render.kubernetes.names import labels_of, metadata, selector_of

#: Seconds a program may take to start before it is restarted. Python imports in a second on a laptop, in a minute on a
#: small board that starts everything else at the same time.
START_SECONDS = 180


def http_probe(path: str, port: str, *, period: int, failures: int = 3, timeout: int = 2) -> dict[str, Any]:
    """Request ``path`` every ``period`` seconds; fail after ``failures`` in a row."""
    return {
        "httpGet": {"path": path, "port": port},
        "periodSeconds": period,
        "failureThreshold": failures,
        "timeoutSeconds": timeout,
    }


def tcp_probe(port: str, *, period: int, failures: int = 3) -> dict[str, Any]:
    """Connect every ``period`` seconds; fail after ``failures`` in a row."""
    return {"tcpSocket": {"port": port}, "periodSeconds": period, "failureThreshold": failures, "timeoutSeconds": 2}


def resources_of(resources: Resources) -> dict[str, Any]:
    """Return a container's requests and limits."""
    parts = {"requests": _amount(resources.requests), "limits": _amount(resources.limits)}
    return {name: amount for name, amount in parts.items() if amount}


def _amount(amount: Amount) -> dict[str, str]:
    return {name: value for name, value in (("cpu", amount.cpu), ("memory", amount.memory)) if value is not None}


def port_of(name: str, number: int) -> dict[str, Any]:
    """One named TCP port of a container."""
    return {"name": name, "containerPort": number, "protocol": "TCP"}


def field_variable(name: str, path: str) -> dict[str, Any]:
    """Environment variable filled from a field of the pod (downward API)."""
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def heap_limit(memory: str | None) -> list[dict[str, Any]]:
    """Environment variable that makes Go collect garbage before the process reaches its memory limit."""
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


def select(name: str) -> dict[str, Any]:
    """Selector of a workload."""
    return {"matchLabels": selector_of(name)}


def spread(name: str) -> list[dict[str, Any]]:
    """Spread replicas over nodes where there are several."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": select(name),
        }
    ]


def service(name: str, component: str, namespace: str, *, port: int, node_port: int | None = None) -> dict[str, Any]:
    """Build a Service that leads to the pods' port named ``http``.

    Args:
        name: the Service's name, which is also its pods'.
        component: what it is for.
        namespace: where it is.
        port: its port inside the cluster.
        node_port: its port on every node, None for none.
    """
    outside = {} if node_port is None else {"nodePort": node_port}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name, component, namespace),
        "spec": {
            "type": "ClusterIP" if node_port is None else "NodePort",
            "selector": selector_of(name),
            "ports": [{"name": "http", "port": port, "targetPort": "http", "protocol": "TCP", **outside}],
        },
    }
