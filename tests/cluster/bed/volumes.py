"""A small version of K3s's local-path provisioner: a claim of class ``local-path`` gets a folder on the node.

As there, the folder is open to everybody (mode 0777) because fsGroup does not reach host paths, it appears when the
first pod that uses the claim has a node, and it goes with the claim. Claims of class ``expandable`` get the same, and
theirs grow: the volume has the size that is asked for.

Run as ``python -m tests.cluster.bed.volumes KUBECONFIG`` inside the cluster.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Any

from lightkube import ApiError, Client, KubeConfig
from lightkube.models.core_v1 import (
    HostPathVolumeSource,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    ObjectReference,
    PersistentVolumeSpec,
    VolumeNodeAffinity,
)
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import PersistentVolume, PersistentVolumeClaim

from tests.cluster.bed.layout import LOCAL_PATH_VOLUMES

STORAGE_CLASSES = ("local-path", "expandable")
INTERVAL_S = 0.5
_SELECTED_NODE = "volume.kubernetes.io/selected-node"


def provision(client: Client) -> None:
    """Provision a volume for every claim without one, and remove volumes whose claims are gone."""
    volumes = {str(volume.metadata.name): volume for volume in client.list(PersistentVolume) if volume.metadata}
    for claim in client.list(PersistentVolumeClaim, namespace="*"):
        node = (claim.metadata.annotations or {}).get(_SELECTED_NODE) if claim.metadata else None
        if node and _is_ours(claim) and _name(claim) not in volumes:
            _folder(_name(claim)).mkdir(exist_ok=True)
            _folder(_name(claim)).chmod(0o777)
            client.create(_make_volume(claim, node))
        elif (volume := volumes.get(_name(claim))) and _is_resized(claim):
            _grow(client, claim, volume)
    for name, volume in volumes.items():
        if _is_left_over(volume):
            shutil.rmtree(_folder(name), ignore_errors=True)
            client.delete(PersistentVolume, name)


def _is_left_over(volume: PersistentVolume) -> bool:
    ours = volume.spec is not None and volume.spec.storageClassName in STORAGE_CLASSES
    return ours and volume.status is not None and volume.status.phase == "Released"


def _is_ours(claim: PersistentVolumeClaim) -> bool:
    return claim.spec is not None and claim.spec.storageClassName in STORAGE_CLASSES


def _is_resized(claim: PersistentVolumeClaim) -> bool:
    wanted = claim.spec.resources.requests if claim.spec and claim.spec.resources else None
    capacity = claim.status.capacity if claim.status else None
    return bool(capacity and wanted and capacity != wanted)


def _grow(client: Client, claim: PersistentVolumeClaim, volume: PersistentVolume) -> None:
    """Say that the folder has the size: it has whatever the disk has."""
    if claim.spec and claim.spec.resources and claim.metadata and volume.metadata:
        size = claim.spec.resources.requests
        client.patch(PersistentVolume, str(volume.metadata.name), {"spec": {"capacity": size}})
        name, namespace = str(claim.metadata.name), claim.metadata.namespace
        grown: dict[str, Any] = {"status": {"capacity": size, "conditions": []}}
        client.patch(PersistentVolumeClaim.Status, name, grown, namespace=namespace)


def _name(claim: PersistentVolumeClaim) -> str:
    return f"pvc-{claim.metadata.uid}" if claim.metadata else ""


def _folder(name: str) -> Path:
    return LOCAL_PATH_VOLUMES / name


def _make_volume(claim: PersistentVolumeClaim, node: str) -> PersistentVolume:
    if not claim.metadata or not claim.spec or not claim.spec.resources:
        raise ValueError("a claim from the API server has its metadata and a size")
    name = _name(claim)
    here = NodeSelectorRequirement("kubernetes.io/hostname", "In", [node])
    return PersistentVolume(
        metadata=ObjectMeta(name=name),
        spec=PersistentVolumeSpec(
            accessModes=claim.spec.accessModes,
            capacity=claim.spec.resources.requests,
            claimRef=ObjectReference(
                kind="PersistentVolumeClaim",
                namespace=claim.metadata.namespace,
                name=claim.metadata.name,
                uid=claim.metadata.uid,
            ),
            hostPath=HostPathVolumeSource(str(_folder(name)), "DirectoryOrCreate"),
            nodeAffinity=VolumeNodeAffinity(NodeSelector([NodeSelectorTerm(matchExpressions=[here])])),
            # The folder is removed here; the volume must not be bound again meanwhile.
            persistentVolumeReclaimPolicy="Retain",
            storageClassName=claim.spec.storageClassName,
        ),
    )


def main(kubeconfig: Path) -> None:
    """Provision until the cluster ends."""
    client = Client(KubeConfig.from_file(kubeconfig), field_manager="local-path")
    while True:
        try:
            provision(client)
        except ApiError as error:
            # The claim changed at the same time; the next round reads it again.
            print(error, flush=True)
        time.sleep(INTERVAL_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
