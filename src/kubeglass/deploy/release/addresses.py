"""Where people reach what was deployed: host names, NodePorts on the nodes' addresses, or a port-forward."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject, is_ready, key_of, urls_of
from kubeglass.model.parts import OTLP_PORT_NAME


def find_addresses(cluster: Cluster, objects: Sequence[KubernetesObject]) -> dict[str, list[str]]:
    """Return each Service's addresses by its name: its host's, one per node with a NodePort, and where to push to."""
    nodes = _node_addresses(cluster) or ["NODE"]
    hosts = {
        item["metadata"]["name"]: urls_of(cluster.get(key_of(item)) or item)
        for item in objects
        if item["kind"] == "Ingress"
    }
    services = {item["metadata"]["name"]: item for item in objects if item["kind"] == "Service"}
    return {name: [*hosts.get(name, ()), *_addresses_of(item, nodes)] for name, item in services.items()}


def _addresses_of(service: KubernetesObject, nodes: Sequence[str]) -> Iterator[str]:
    about = service["metadata"]
    for port in service["spec"]["ports"]:
        if "nodePort" in port:
            yield from (f"http://{node}:{port['nodePort']}" for node in nodes)
        if port.get("name") == OTLP_PORT_NAME:
            yield f"http://{about['name']}.{about['namespace']}.svc:{port['port']}, for pods that push"


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
