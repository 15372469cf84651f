"""Make a rebuilt image roll out: pods name exactly the content that was built, by a tag that no other content has.

A tag such as ``shop:0.1.0`` stays the same when the source is edited, so the pod template would not change and the old
pods would stay. With an annotation on the template instead, pods made before the image was loaded would count as new.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject, key_of
from kubeglass.deploy.preparation.architecture import require_nodes, select_nodes
from kubeglass.images.archive import ArchivedImage
from kubeglass.render.kubernetes.names import OWN_REGISTRY


def pin_images(
    cluster: Cluster, objects: Sequence[KubernetesObject], built: Collection[ArchivedImage]
) -> list[KubernetesObject]:
    """Replace the names of images that were ``built`` on this machine by their exact ones.

    Their pods go to nodes of the images' architecture only. A kubeglass image that was not built here came to the
    cluster from elsewhere: what runs of it stays.

    Raises:
        ClusterError: an image is for an architecture that no node has, or, of a DaemonSet, not every node.
    """
    exact = {archive.reference: archive for archive in built}
    pinned = [_pin(cluster, item, exact) if "template" in item.get("spec", {}) else item for item in objects]
    require_nodes(cluster, [item for item in pinned if "template" in item.get("spec", {})], built)
    return pinned


def _pin(cluster: Cluster, item: KubernetesObject, exact: Mapping[str, ArchivedImage]) -> KubernetesObject:
    pinned = copy.deepcopy(dict(item))
    ours = [container for container in _containers(pinned) if container["image"].startswith(f"{OWN_REGISTRY}/")]
    elsewhere = [container for container in ours if container["image"] not in exact]
    running = _images_of(cluster.get(key_of(item))) if elsewhere else {}
    for container in ours:
        name = container["image"]
        if archive := exact.get(name):
            container["image"] = archive.exact_reference
            select_nodes(pinned, archive.architecture)
        else:
            container["image"] = _keep(name, running.get(container["name"], ""))
    return pinned


def _keep(name: str, running: str) -> str:
    return running if re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{12}}", running) else name


def _images_of(live: KubernetesObject | None) -> dict[str, str]:
    return {container["name"]: container["image"] for container in _containers(live)} if live else {}


def _containers(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    containers: list[dict[str, Any]] = item["spec"]["template"]["spec"]["containers"]
    return containers
