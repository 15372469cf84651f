"""Where people reach what was deployed: NodePorts on the nodes' addresses, or by tunnel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.refusal import ForbiddenError


class Lister(Protocol):
    """What finding addresses reads from a cluster."""

    def list_objects(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = ""
    ) -> list[dict[str, Any]]:
        """Read all objects of a kind."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """Where one Service answers.

    Args:
        name: the Service's name.
        url: where people reach it, empty when only the cluster does.
    """

    name: str
    url: str


def find_addresses(lister: Lister, objects: Sequence[KubernetesObject]) -> list[Address]:
    """List the Services among ``objects`` with a node's address for each NodePort."""
    node = _node_address(lister)
    return [
        Address(item["metadata"]["name"], f"http://{node}:{port['nodePort']}" if "nodePort" in port else "")
        for item in objects
        if item["kind"] == "Service"
        for port in item["spec"]["ports"]
    ]


def _node_address(lister: Lister) -> str:
    try:
        nodes = lister.list_objects("v1", "Node")
    except ForbiddenError:
        return "NODE"
    addresses = [(entry["type"], entry["address"]) for node in nodes for entry in node["status"].get("addresses", [])]
    for wanted in ("ExternalIP", "InternalIP"):
        for kind, address in addresses:
            if kind == wanted:
                return f"[{address}]" if ":" in address else str(address)
    return "NODE"
