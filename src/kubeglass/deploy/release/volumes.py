"""What a StatefulSet's existing claims must become when the template of its claims changes.

A volume that holds samples is never deleted. It grows if its storage class lets it; a claim that is not bound holds
nothing and can be recreated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, find_condition, key_of, parse_amount
from kubeglass.deploy.causes.events import describe_events, list_events
from kubeglass.deploy.release.apply import POLL_SECONDS, wait_until_gone
from kubeglass.deploy.rollout.wait import Clock
from kubeglass.errors import ClusterError

#: Their volumes are folders of the node, as large as its disk: the README of rancher/local-path-provisioner says "the
#: capacity limit will be ignored for now".
_UNLIMITED = frozenset({"rancher.io/local-path", "k8s.io/minikube-hostpath", "docker.io/hostpath"})
_PROVISIONER = "volume.kubernetes.io/storage-provisioner"
_SIZE_PATH = "/spec/resources/requests/storage"


class Way(Enum):
    """What happens to a claim."""

    EXPAND = "expanded"
    RECREATE = "recreated, since it holds nothing"
    KEEP = "kept as it is"


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """What happens to one claim: its size now and the size that is wanted."""

    key: ObjectKey
    way: Way
    before: str
    size: str

    def __str__(self) -> str:
        """Say what happens, and why nothing does."""
        if self.way is Way.EXPAND:
            return f"{self.key.name} is expanded from {self.before} to {self.size}"
        if self.way is Way.KEEP:
            return f"{self.key.name} keeps its nominal {self.before}, since a folder of the node has no size limit"
        return f"{self.key.name} is {self.way.value}"


def plan_claims(cluster: Cluster, live: KubernetesObject, wanted: KubernetesObject) -> list[ClaimChange]:
    """Decide about each existing claim of a StatefulSet; a claim that already fits needs nothing.

    Raises:
        ClusterError: a volume cannot become what is wanted; nothing is changed.
    """
    templates = {item["metadata"]["name"]: item["spec"] for item in live["spec"].get("volumeClaimTemplates") or []}
    found = []
    for template in wanted["spec"].get("volumeClaimTemplates") or []:
        name, spec = template["metadata"]["name"], template["spec"]
        is_new_class = templates.get(name, {}).get("storageClassName") != spec.get("storageClassName")
        for claim in _claims(cluster, live, name):
            change = _judge(cluster, claim, spec, is_new_class=is_new_class)
            found += [change] if change else []
    return found


def check_claim(cluster: Cluster, live: KubernetesObject, wanted: KubernetesObject) -> None:
    """Check that a claim which the release names itself can be replaced: it must hold nothing.

    Raises:
        ClusterError: it is bound.
    """
    if not _is_bound(live):
        return
    change = _judge(cluster, live, wanted["spec"], is_new_class=False)
    if change:
        raise _refuse_size(change.key, change.before, change.size, live["spec"].get("storageClassName") or "")


def expand(cluster: Cluster, change: ClaimChange, *, timeout: float, clock: Clock) -> None:
    """Expand a claim and wait until its volume has the size.

    Raises:
        ClusterError: the server refused, or the volume is smaller after ``timeout`` seconds.
    """
    cluster.patch(change.key, [_resize(change.size)])
    deadline = clock.now() + timeout
    while (claim := cluster.get(change.key)) and not _is_expanded(claim, change.size):
        if clock.now() >= deadline:
            raise ClusterError(
                str(change.key),
                f"is not expanded after {timeout:.0f} s",
                found=f"it is {_size_of(claim)}, and {change.size} is requested",
                hint="see its events below; deploy again once its storage driver has expanded it",
                details=tuple(describe_events(list_events(cluster, claim))),
            )
        clock.sleep(POLL_SECONDS)


def drop(cluster: Cluster, change: ClaimChange, *, timeout: float, clock: Clock) -> None:
    """Delete a claim that is not bound, so that its StatefulSet recreates it.

    Raises:
        ClusterError: it has been bound meanwhile, or still exists after ``timeout`` seconds.
    """
    claim = cluster.get(change.key)
    if claim and _is_bound(claim):
        raise ClusterError(str(change.key), "has been bound meanwhile, and is kept", hint="deploy again")
    cluster.delete(change.key)
    wait_until_gone(cluster, [change.key], timeout=timeout, clock=clock)


def _claims(cluster: Cluster, workload: KubernetesObject, template: str) -> Iterator[dict[str, Any]]:
    """Read the claims that a StatefulSet's controller made, or would use: it names them after their template."""
    metadata = workload["metadata"]
    name = re.compile(rf"{re.escape(template)}-{re.escape(metadata['name'])}-\d+")
    for claim in cluster.list_objects("v1", "PersistentVolumeClaim", namespace=metadata["namespace"]):
        if name.fullmatch(claim["metadata"]["name"]):
            yield claim


def _judge(
    cluster: Cluster, claim: KubernetesObject, wanted: KubernetesObject, *, is_new_class: bool
) -> ClaimChange | None:
    key, spec = key_of(claim), claim["spec"]
    before, size = _size_of(claim), wanted["resources"]["requests"]["storage"]
    wanted_class = wanted.get("storageClassName", spec.get("storageClassName"))
    is_other = wanted_class != spec.get("storageClassName") or any(
        name in wanted and wanted[name] != spec.get(name) for name in ("accessModes", "volumeMode")
    )
    is_resized = parse_amount(before) != parse_amount(size)
    if not _is_bound(claim):
        return ClaimChange(key, Way.RECREATE, before, size) if is_other or is_new_class or is_resized else None
    if is_other:
        raise _refuse_other(key, spec, wanted)
    if not is_resized:
        return None
    try:
        cluster.patch(key, [_resize(size)], dry_run=True)
    except RefusedError as error:
        if (claim["metadata"].get("annotations") or {}).get(_PROVISIONER) in _UNLIMITED:
            return ClaimChange(key, Way.KEEP, before, size)
        raise _refuse_size(key, before, size, spec.get("storageClassName") or "") from error
    return ClaimChange(key, Way.EXPAND, before, size)


def _resize(size: str) -> dict[str, Any]:
    return {"op": "replace", "path": _SIZE_PATH, "value": size}


def _is_bound(claim: KubernetesObject) -> bool:
    return bool(claim["spec"].get("volumeName"))


def _size_of(claim: KubernetesObject) -> str:
    return str(claim["spec"]["resources"]["requests"]["storage"])


def _is_expanded(claim: KubernetesObject, size: str) -> bool:
    """Return whether the volume has the size, or gets it when its pod starts next."""
    capacity = ((claim.get("status") or {}).get("capacity") or {}).get("storage", "0")
    waits_for_pod = find_condition(claim, "FileSystemResizePending") is not None
    return waits_for_pod or parse_amount(capacity) >= parse_amount(size)


def _refuse_size(key: ObjectKey, before: str, size: str, storage_class: str) -> ClusterError:
    keep = f"set storage.volume: {before} to keep the volume as it is"
    if parse_amount(size) < parse_amount(before):
        return ClusterError(str(key), "a volume cannot shrink", found=f"it is {before}, not {size}", hint=keep)
    most = int(float(parse_amount(before)) / 1.2 / 1000**3)
    fitting = f" (storage.retention.size: {most}GB fits into it)" if most else ""
    patch = f"kubectl patch storageclass {storage_class} --patch 'allowVolumeExpansion: true'"
    allow = f"allow it if the storage driver can expand volumes ({patch}), " if storage_class else ""
    return ClusterError(
        str(key),
        "its storage class does not let the volume grow",
        found=f"it is {before}, not {size}, of class {storage_class or 'none'}",
        hint=f"{keep}{fitting}, {allow}or start with an empty volume: {_start_empty(key)}",
    )


def _refuse_other(key: ObjectKey, spec: KubernetesObject, wanted: KubernetesObject) -> ClusterError:
    names = {"storageClassName": "storage class", "accessModes": "access modes", "volumeMode": "volume mode"}
    found = [
        f"its {words} is {spec.get(name)}, not {wanted[name]}"
        for name, words in names.items()
        if name in wanted and wanted[name] != spec.get(name)
    ]
    storage_class = spec.get("storageClassName")
    keep = f"set cluster.storage_class: {storage_class} to keep it" if storage_class else "leave it as it is"
    return ClusterError(
        str(key),
        "a volume with samples stays what it is",
        found="; ".join(found),
        hint=f"{keep}, or start with an empty one: {_start_empty(key)}",
    )


def _start_empty(key: ObjectKey) -> str:
    return (
        f"kubeglass undeploy && kubectl delete {key} --namespace {key.namespace} && kubeglass deploy"
        " (this deletes its samples)"
    )
