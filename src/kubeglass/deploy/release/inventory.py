"""The inventory: which objects deployments made, kept on the cluster for later deployments and undeploy."""

from __future__ import annotations

import json
from collections.abc import Iterable

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import ObjectKey, labels_for
from kubeglass.deploy.rollout.status import WORKLOADS
from kubeglass.errors import ClusterError

NAME = "kubeglass-inventory"
_ENTRY = "objects.json"


def inventory_key(namespace: str) -> ObjectKey:
    """Return the key of the ConfigMap that holds the inventory of the pipeline of ``namespace``."""
    return ObjectKey("v1", "ConfigMap", NAME, namespace)


def store_inventory(cluster: Cluster, keys: Iterable[ObjectKey], namespace: str) -> None:
    """Store ``keys`` as the inventory of the pipeline of ``namespace``."""
    entries = [
        {"apiVersion": key.api_version, "kind": key.kind, "namespace": key.namespace, "name": key.name}
        for key in sorted(keys)
    ]
    item = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": namespace, "labels": labels_for(namespace)},
        "data": {_ENTRY: json.dumps(entries, indent=1)},
    }
    cluster.apply(item, namespace=namespace, force=True)


def read_inventory(cluster: Cluster, namespace: str) -> frozenset[ObjectKey]:
    """Read the inventory of the pipeline of ``namespace``, which is empty if nothing was deployed.

    Raises:
        ClusterError: the ConfigMap has been edited and cannot be read.
    """
    item = cluster.get(inventory_key(namespace))
    if item is None:
        return frozenset()
    try:
        return frozenset(
            ObjectKey(entry["apiVersion"], entry["kind"], entry["name"], entry["namespace"])
            for entry in json.loads(item["data"][_ENTRY])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ClusterError(
            f"configmap/{NAME}",
            "is not a valid inventory",
            found=str(error),
            hint="restore it, or delete it and deploy again; objects that are no longer rendered then stay",
        ) from error


def find_left(cluster: Cluster, stored: frozenset[ObjectKey], wanted: Iterable[ObjectKey]) -> tuple[str, ...]:
    """Return the namespaces in which workloads still run that are no longer rendered."""
    left = (key for key in find_orphans(stored, wanted) if key.kind in WORKLOADS and cluster.get(key) is not None)
    return tuple(sorted({key.namespace for key in left}))


def find_orphans(stored: frozenset[ObjectKey], wanted: Iterable[ObjectKey]) -> frozenset[ObjectKey]:
    """Return the keys that are no longer rendered, without namespaces, which may hold other data."""
    return frozenset(key for key in stored.difference(wanted) if key.kind != "Namespace")
