"""Where people reach what was deployed: NodePorts on the nodes' addresses, or by tunnel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.pods import is_ready
from kubeglass.deploy.refusal import ForbiddenError


class Lister(Protocol):
    """What finding addresses reads from a cluster."""

    def list_objects(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        """Read all objects of a kind."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """Where one Service answers.

    Args:
        name: the Service's name.
        urls: where people reach it, a node each; empty when only the cluster does.
    """

    name: str
    urls: tuple[str, ...]


def find_addresses(lister: Lister, objects: Sequence[KubernetesObject]) -> list[Address]:
    """List the Services among ``objects``; a NodePort answers on every node, at the address others reach it by."""
    nodes = _node_addresses(lister) or ["NODE"]
    return [
        Address(
            item["metadata"]["name"],
            tuple(f"http://{node}:{port['nodePort']}" for node in nodes) if "nodePort" in port else (),
        )
        for item in objects
        if item["kind"] == "Service"
        for port in item["spec"]["ports"]
    ]


def _node_addresses(lister: Lister) -> list[str]:
    try:
        nodes = lister.list_objects("v1", "Node")
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
