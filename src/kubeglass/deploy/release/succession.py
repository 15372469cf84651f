"""Addresses that an object takes over from one that is no longer rendered: a NodePort, a host name.

Two Services cannot have the same NodePort, and some ingress controllers refuse a host that another Ingress has. So the
new object is applied last, right after the old one is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, is_ours, key_of


@dataclass(frozen=True, slots=True)
class Succession:
    """An address of a new object that ``predecessor`` still has."""

    predecessor: ObjectKey
    address: str

    def __str__(self) -> str:
        """Say what happens, in one line."""
        old = self.predecessor
        return f"takes over {self.address} of {old} in namespace {old.namespace}, which is deleted first"


def find_successions(
    cluster: Cluster, orphans: Iterable[ObjectKey], objects: Sequence[KubernetesObject], *, pipeline: str
) -> dict[ObjectKey, Succession]:
    """Map each object whose address an orphan of the pipeline still has to what it takes over."""
    held: dict[str, ObjectKey] = {}
    for key in sorted(orphans):
        live = cluster.get(key) if key.kind in {"Service", "Ingress"} else None
        if live is not None and is_ours(live, pipeline):
            held |= dict.fromkeys(_addresses_of(live), key)
    wanted = ((key_of(item, namespace=pipeline), address) for item in objects for address in _addresses_of(item))
    return {key: Succession(held[address], address) for key, address in wanted if address in held}


def without_addresses(item: KubernetesObject) -> KubernetesObject:
    """Return a Service or an Ingress without what another one still has."""
    spec = item.get("spec") or {}
    if item["kind"] == "Ingress":
        rules = [{name: value for name, value in rule.items() if name != "host"} for rule in spec.get("rules") or []]
        return {**item, "spec": {**{name: value for name, value in spec.items() if name != "tls"}, "rules": rules}}
    if item["kind"] != "Service":
        return item
    kept = {name: value for name, value in spec.items() if name not in {"clusterIP", "clusterIPs"}}
    ports = [{name: value for name, value in port.items() if name != "nodePort"} for port in spec.get("ports") or []]
    headless = {"clusterIP": "None"} if spec.get("clusterIP") == "None" else {}
    return {**item, "spec": {**kept, **headless, "ports": ports}}


def _addresses_of(item: KubernetesObject) -> Iterator[str]:
    spec = item.get("spec") or {}
    if item["kind"] == "Service":
        yield from (f"nodePort {port['nodePort']}" for port in spec.get("ports") or [] if "nodePort" in port)
    if item["kind"] == "Ingress":
        yield from (f"host {rule['host']}" for rule in spec.get("rules") or [] if "host" in rule)


def find_holder(cluster: Cluster, service: KubernetesObject) -> str:
    """Say which Service has the NodePort that the server refuses to give to ``service``; empty if it is not known."""
    wanted = set(_addresses_of(service))
    try:
        others = cluster.list_objects("v1", "Service")
    except ForbiddenError:
        return ""
    holders = (
        f"{address} belongs to {key} in namespace {key.namespace}"
        for item in others
        for key in [key_of(item)]
        for address in wanted.intersection(_addresses_of(item))
        if key != key_of(service)
    )
    return next(holders, "")
