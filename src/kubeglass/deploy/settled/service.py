"""A Service has settled when it has its address; a load balancer's is given by somebody else and takes time."""

from __future__ import annotations

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.settled.progress import Progress, settled, waiting


def judge(item: KubernetesObject) -> Progress:
    """Look for the addresses a Service of its type must have."""
    spec = item["spec"]
    kind = spec.get("type", "ClusterIP")
    if kind == "ExternalName":
        return settled("an alias needs no address")
    if not spec.get("clusterIP"):
        return waiting("for a cluster IP")
    if kind == "LoadBalancer" and not ((item.get("status") or {}).get("loadBalancer") or {}).get("ingress"):
        return waiting("for the load balancer's address")
    if kind == "NodePort":
        ports = ", ".join(str(port["nodePort"]) for port in spec.get("ports") or [] if port.get("nodePort"))
        return settled(f"answers on every node at port {ports}")
    return settled("has its address")
