"""Where people reach what was deployed: NodePorts on the nodes' addresses, or a port-forward."""

from __future__ import annotations

from collections.abc import Sequence

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject, is_ready


def find_addresses(cluster: Cluster, objects: Sequence[KubernetesObject]) -> dict[str, list[str]]:
    """Return the URLs of each Service among ``objects`` by its name: its host's, and one per node with a NodePort."""
    nodes = _node_addresses(cluster) or ["NODE"]
    hosts = {item["metadata"]["name"]: _host_addresses(item) for item in objects if item["kind"] == "Ingress"}
    return {
        name: [
            *hosts.get(name, ()),
            *(f"http://{node}:{port['nodePort']}" for node in nodes if "nodePort" in port),
        ]
        for item in objects
        if item["kind"] == "Service"
        for name in [item["metadata"]["name"]]
        for port in item["spec"]["ports"]
    }


def _host_addresses(ingress: KubernetesObject) -> list[str]:
    scheme = "https" if ingress["spec"].get("tls") else "http"
    return [f"{scheme}://{rule['host']}" for rule in ingress["spec"]["rules"]]


def _node_addresses(cluster: Cluster) -> list[str]:
    try:
        nodes = cluster.list_objects("v1", "Node")
    except ForbiddenError:
        return []
    return [address for node in nodes if is_ready(node) and (address := _address_of(node))]


def _address_of(node: KubernetesObject) -> str:
    entries = (node.get("status") or {}).get("addresses") or []
    # Of a kind, the first counts: it is of the node's primary IP family.
    addresses = {entry["type"]: str(entry["address"]) for entry in reversed(entries)}
    address = addresses.get("ExternalIP") or addresses.get("InternalIP", "")
    return f"[{address}]" if ":" in address else address
