"""Where people reach what was deployed: NodePorts on the nodes' addresses, or a port-forward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.kubernetes_api import KubernetesApi
from kubeglass.deploy.api.objects import KubernetesObject, is_ready


@dataclass(frozen=True, slots=True)
class Address:
    """Where people reach one Service.

    Args:
        name: the Service's name.
        urls: one URL per node; empty if it is reachable only inside the cluster.
    """

    name: str
    urls: tuple[str, ...]


def find_addresses(api: KubernetesApi, objects: Sequence[KubernetesObject]) -> list[Address]:
    """Return the addresses of the Services among ``objects``; a NodePort is open on every node."""
    nodes = _node_addresses(api) or ["NODE"]
    return [
        Address(
            item["metadata"]["name"],
            tuple(f"http://{node}:{port['nodePort']}" for node in nodes) if "nodePort" in port else (),
        )
        for item in objects
        if item["kind"] == "Service"
        for port in item["spec"]["ports"]
    ]


def _node_addresses(api: KubernetesApi) -> list[str]:
    try:
        nodes = api.list_objects("v1", "Node")
    except ForbiddenError:
        return []
    return [address for node in nodes if is_ready(node) and (address := _address_of(node))]


def _address_of(node: KubernetesObject) -> str:
    addresses = [(entry["type"], entry["address"]) for entry in (node.get("status") or {}).get("addresses") or []]
    for wanted in ("ExternalIP", "InternalIP"):
        for kind, address in addresses:
            if kind == wanted:
                return f"[{address}]" if ":" in address else str(address)
    return ""
