"""The folder of each node with the collector's queue: it stays where it is, and no other collector uses it.

A collector locks its queue, so of two collectors with one folder, one never starts.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of
from kubeglass.errors import ClusterError
from kubeglass.render.kubernetes.collector import QUEUE


def place_queue(
    cluster: Cluster, objects: Sequence[KubernetesObject], *, chosen: bool
) -> tuple[list[KubernetesObject], str]:
    """Keep the queue in the folder that the running collector uses, and say so if a new one would use another.

    Args:
        cluster: where the objects go.
        objects: what is rendered, with the collector's DaemonSet.
        chosen: whether the definition names the folder, which then holds.

    Raises:
        ClusterError: another collector uses the folder.
    """
    rendered = next(item for item in objects if item["kind"] == "DaemonSet")
    key, wanted = key_of(rendered), _folder_of(rendered)
    present = _folder_of(cluster.get(key) or {})
    others = _folders_of_others(cluster, key)
    stays = bool(present) and not chosen and present not in others
    folder = present if stays else wanted
    if folder in others:
        found = f"{folder} is used by {others[folder]}"
        hint = "set cluster.queue_path to a folder that no other pipeline uses, or remove it for one with the namespace"
        raise ClusterError(str(key), "must not share the folder of its queue", found=found, hint=hint)
    if present in {"", wanted}:
        return list(objects), ""
    if not stays:
        return list(objects), f"the collector's queue moves to {wanted}; what is not sent yet stays in {present}"
    said = f"the collector's queue stays in {present}; to move it, set cluster.queue_path: {wanted}"
    return [_place(item, folder) if item is rendered else item for item in objects], said


def _folders_of_others(cluster: Cluster, own: ObjectKey) -> dict[str, str]:
    """Return the folders of the node that other DaemonSets mount, and which; none if that may not be read."""
    try:
        found = cluster.list_objects("apps/v1", "DaemonSet")
    except ForbiddenError:
        return {}
    return {
        path: f"daemonset/{key.name} of namespace {key.namespace}"
        for item in found
        if (key := key_of(item)) != own
        for path in _host_paths(item).values()
    }


def _folder_of(daemon_set: Mapping[str, Any]) -> str:
    return _host_paths(daemon_set).get(QUEUE, "")


def _host_paths(daemon_set: Mapping[str, Any]) -> dict[str, str]:
    """Return the folders of the node that a DaemonSet's pods mount, by the volume's name."""
    volumes = daemon_set.get("spec", {}).get("template", {}).get("spec", {}).get("volumes") or []
    return {
        volume["name"]: str(PurePosixPath(volume["hostPath"]["path"])) for volume in volumes if "hostPath" in volume
    }


def _place(daemon_set: KubernetesObject, folder: str) -> KubernetesObject:
    placed = copy.deepcopy(dict(daemon_set))
    for volume in placed["spec"]["template"]["spec"]["volumes"]:
        if volume["name"] == QUEUE:
            volume["hostPath"]["path"] = folder
    return placed
