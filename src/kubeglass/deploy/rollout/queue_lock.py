"""Find out that a collector does not start because another one holds its queue, and which one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject
from kubeglass.deploy.causes.cause import Cause
from kubeglass.render.kubernetes.collector import QUEUE

#: What the collector ends with: its exporter has waited for the lock of the queue's file.
_LOCKED = re.compile(r'failed to start "otlp_http/\w+" exporter: timeout')


def is_queue_locked(lines: Iterable[str]) -> bool:
    """Return whether a collector's last lines say that it could not lock its queue."""
    return any(_LOCKED.search(line) for line in lines)


def explain_lock(cluster: Cluster, pod: KubernetesObject, failure: Cause) -> Cause:
    """Name the pods that use the folder of the queue that ``pod`` could not lock; any other failure stays as it is."""
    folder = dict(_host_paths(pod)).get(QUEUE)
    if folder is None or not is_queue_locked(failure.evidence):
        return failure
    holders = ", ".join(_find_holders(cluster, pod, folder)) or "not known which"
    return replace(
        failure,
        message=f"pod {pod['metadata']['name']}: the queue folder {folder} on node {pod['spec'].get('nodeName', '')}"
        f" is used by another collector: {holders}",
        hint="set cluster.queue_path to a folder that no other pipeline uses",
    )


def _find_holders(cluster: Cluster, pod: KubernetesObject, folder: str) -> list[str]:
    try:
        pods = cluster.list_objects("v1", "Pod", fields=f"spec.nodeName={pod['spec'].get('nodeName', '')}")
    except ForbiddenError:
        return []
    return [
        f"{other['metadata']['namespace']}/{other['metadata']['name']}"
        for other in pods
        if other["metadata"]["uid"] != pod["metadata"]["uid"] and folder in dict(_host_paths(other)).values()
    ]


def _host_paths(pod: KubernetesObject) -> Iterator[tuple[str, str]]:
    """Yield each volume that is a folder of the node, and its path."""
    for volume in pod["spec"].get("volumes") or []:
        if "hostPath" in volume:
            yield volume["name"], volume["hostPath"]["path"].rstrip("/")
