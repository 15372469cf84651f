"""Where on its node a file of a container is, and the command that makes an app's source there readable."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

from kubeglass.deploy.api.objects import KubernetesObject


def find_source(pod: KubernetesObject, container: str, path: str) -> tuple[str, str] | None:
    """Return the path on the node of ``path`` in a container, and the mounted folder or file that it belongs to.

    None if it is not mounted from the node.
    """
    host_paths = {
        volume["name"]: str(volume["hostPath"]["path"])
        for volume in pod["spec"].get("volumes") or []
        if "hostPath" in volume
    }
    mounts = [
        mount
        for spec in pod["spec"].get("containers") or []
        if spec["name"] == container
        for mount in spec.get("volumeMounts") or []
    ]
    for mount in mounts:
        mounted, inside = PurePosixPath(mount["mountPath"]), PurePosixPath(path)
        if mount["name"] in host_paths and inside.is_relative_to(mounted):
            root = PurePosixPath(host_paths[mount["name"]], mount.get("subPath", ""))
            return str(root / inside.relative_to(mounted)), str(root)
    return None


def user_of(pod: KubernetesObject) -> tuple[int, int]:
    """Return the user and the group that a pod's containers run as."""
    security = pod["spec"].get("securityContext") or {}
    return security.get("runAsUser", 0), security.get("runAsGroup", 0)


def write_fix(pod: KubernetesObject, container: str, path: str) -> str:
    """Return what makes ``path`` in a container readable, and where; empty if it is not mounted from the node."""
    source = find_source(pod, container, path)
    if source is None:
        return ""
    return f"on node {pod['spec'].get('nodeName', '')}, run: {write_group_fix(source[1], user_of(pod)[1])}"


def write_group_fix(root: str, group: int, *, is_groups: bool = False) -> str:
    """Return the command that lets a group read a whole source; ``is_groups`` if it is the group's already."""
    quoted, recursive, right = shlex.quote(root), *_reach(root)
    opened = f"sudo chmod {recursive}g+{right} {quoted}"
    return opened if is_groups else f"sudo chgrp {recursive}{group} {quoted} && {opened}"


def write_owner_fix(root: str) -> str:
    """Return the command that lets its owner read a whole source."""
    recursive, right = _reach(root)
    return f"sudo chmod {recursive}u+{right} {shlex.quote(root)}"


def _reach(root: str) -> tuple[str, str]:
    # A path with a suffix is mounted as a file.
    return ("", "r") if PurePosixPath(root).suffix else ("-R ", "rX")
