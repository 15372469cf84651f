"""Which objects a deployment made: the inventory, kept on the cluster, that prune and undeploy go by."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kubeglass.deploy.api.kubernetes_api import KubernetesApi
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, labels_for
from kubeglass.errors import ClusterError

NAME = "kubeglass-inventory"
_ENTRY = "objects.json"


@dataclass(frozen=True, slots=True)
class Inventory:
    """What kubeglass put on the cluster from one namespace's pipeline.

    Args:
        keys: the objects, in no order.
    """

    keys: frozenset[ObjectKey] = field(default_factory=frozenset)

    def including(self, keys: Iterable[ObjectKey]) -> Inventory:
        """Add ``keys``: written before anything is applied, so that an interrupted deployment forgets nothing."""
        return Inventory(self.keys | frozenset(keys))

    def orphans(self, wanted: Iterable[ObjectKey]) -> frozenset[ObjectKey]:
        """Find what was made once and is no longer rendered; namespaces hold other people's data and never count."""
        return frozenset(key for key in self.keys - frozenset(wanted) if key.kind != "Namespace")


def inventory_key(namespace: str) -> ObjectKey:
    """Say where the inventory of ``namespace`` is kept."""
    return ObjectKey("v1", "ConfigMap", NAME, namespace)


def write_inventory(inventory: Inventory, namespace: str) -> dict[str, Any]:
    """Turn ``inventory`` into the ConfigMap that keeps it."""
    entries = [
        {"apiVersion": key.api_version, "kind": key.kind, "namespace": key.namespace, "name": key.name}
        for key in sorted(inventory.keys)
    ]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": NAME,
            "namespace": namespace,
            "labels": labels_for(namespace),
        },
        "data": {_ENTRY: json.dumps(entries, indent=1)},
    }


def store_inventory(api: KubernetesApi, inventory: Inventory, namespace: str) -> None:
    """Keep ``inventory`` on the cluster."""
    api.apply(write_inventory(inventory, namespace), namespace=namespace, force=True)


def read_inventory(item: KubernetesObject | None) -> Inventory:
    """Read what :func:`write_inventory` wrote; no ConfigMap is an empty inventory.

    Raises:
        ClusterError: the ConfigMap was changed into something unreadable.
    """
    if item is None:
        return Inventory()
    try:
        entries = json.loads(item["data"][_ENTRY])
        return Inventory(
            frozenset(
                ObjectKey(entry["apiVersion"], entry["kind"], entry["name"], entry["namespace"]) for entry in entries
            )
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ClusterError(
            f"configmap/{NAME}",
            "is not an inventory kubeglass can read",
            found=str(error),
            hint="restore it, or delete it and run kubeglass deploy again; objects no longer rendered then stay",
        ) from error
