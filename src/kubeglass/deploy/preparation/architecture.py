"""Which nodes can run an image that was built here: it is for one architecture, and a cluster may have several."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject, key_of
from kubeglass.errors import ClusterError
from kubeglass.images.archive import ArchivedImage

#: Every kubelet sets it: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-arch
ARCHITECTURE_LABEL = "kubernetes.io/arch"


def select_nodes(item: dict[str, Any], architecture: str) -> None:
    """Send the pods of a workload to nodes of one architecture, so that none ends with ``exec format error``."""
    spec = item["spec"]["template"]["spec"]
    spec["nodeSelector"] = {**(spec.get("nodeSelector") or {}), ARCHITECTURE_LABEL: architecture}


def require_nodes(cluster: Cluster, workloads: Iterable[KubernetesObject], built: Collection[ArchivedImage]) -> None:
    """Check that there are nodes for the images that were built here; who may not list nodes gets no check.

    Raises:
        ClusterError: an image is for an architecture that no node has, or, of a DaemonSet, not every node.
    """
    archives = {archive.exact_reference: archive for archive in built}
    used = [
        (item, archives[container["image"]])
        for item in workloads
        for container in item["spec"]["template"]["spec"]["containers"]
        if container["image"] in archives
    ]
    if not used:
        return
    try:
        nodes = cluster.list_objects("v1", "Node")
    except ForbiddenError:
        return
    for item, archive in used:
        _require(item, archive, nodes)


def _require(item: KubernetesObject, archive: ArchivedImage, nodes: list[dict[str, Any]]) -> None:
    wanted = {**item["spec"]["template"]["spec"].get("nodeSelector", {})}
    wanted.pop(ARCHITECTURE_LABEL, None)
    found = {node["metadata"]["name"]: _architecture_of(node) for node in nodes if _has_labels(node, wanted)}
    others = {name: each for name, each in found.items() if each not in {archive.architecture, ""}}
    everywhere = item["kind"] == "DaemonSet"
    if not others or (len(others) < len(found) and not everywhere):
        return
    name, architecture = next(iter(others.items()))
    hint = f"build it for the node: kubeglass images build {archive.path.stem} --platform linux/{architecture}"
    if len(others) < len(found):
        hint = "use an image for both, such as the official one: cluster.images.source: upstream"
    raise ClusterError(
        str(key_of(item)),
        "its image cannot run on every node" if everywhere else "its image can run on no node",
        found=f"{archive.reference} is {archive.architecture}, node {name} is {architecture}",
        hint=hint,
    )


def _architecture_of(node: KubernetesObject) -> str:
    return str(node["status"].get("nodeInfo", {}).get("architecture", ""))


def _has_labels(node: KubernetesObject, wanted: dict[str, str]) -> bool:
    return wanted.items() <= (node["metadata"].get("labels") or {}).items()
