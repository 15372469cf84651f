"""The inventory: which objects deployments made, kept on the cluster for later deployments and undeploy."""

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
    """The objects that kubeglass put on the cluster for the pipeline of one namespace.

    Args:
        keys: the objects, in no order.
    """

    keys: frozenset[ObjectKey] = field(default_factory=frozenset)

    def including(self, keys: Iterable[ObjectKey]) -> Inventory:
        """Add ``keys``: stored before anything is applied, so that an interrupted deployment forgets nothing."""
        return Inventory(self.keys | frozenset(keys))

    def orphans(self, wanted: Iterable[ObjectKey]) -> frozenset[ObjectKey]:
        """Return what was made earlier and is no longer rendered; never a namespace, which may hold other data."""
        return frozenset(key for key in self.keys - frozenset(wanted) if key.kind != "Namespace")


def inventory_key(namespace: str) -> ObjectKey:
    """Return the key of the ConfigMap that holds the inventory of ``namespace``."""
    return ObjectKey("v1", "ConfigMap", NAME, namespace)


def write_inventory(inventory: Inventory, namespace: str) -> dict[str, Any]:
    """Return the ConfigMap that holds ``inventory``."""
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
    """Store ``inventory`` on the cluster."""
    api.apply(write_inventory(inventory, namespace), namespace=namespace, force=True)


def read_inventory(item: KubernetesObject | None) -> Inventory:
    """Read what :func:`write_inventory` wrote; without a ConfigMap the inventory is empty.

    Raises:
        ClusterError: the ConfigMap has been edited and cannot be read.
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
            "is not a valid inventory",
            found=str(error),
            hint="restore it, or delete it and deploy again; objects that are no longer rendered then stay",
        ) from error
