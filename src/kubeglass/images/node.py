"""Import image archives into the Kubernetes node on this machine: K3s, or any other with containerd."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from kubeglass.errors import ClusterError, UsageError
from kubeglass.images.archive import ArchivedImage
from kubeglass.images.store import copy_archive

#: K3s imports archives from here whenever it starts: https://docs.k3s.io/installation/airgap
K3S_IMAGES = Path("/var/lib/rancher/k3s/agent/images")
#: The containerd namespace where the kubelet looks for images.
_NAMESPACE = ("--namespace", "k8s.io")


class NodeRuntime(StrEnum):
    """The container runtime that imports the archives."""

    AUTO = "auto"
    K3S = "k3s"
    CONTAINERD = "containerd"


def find_runtime(wanted: NodeRuntime) -> NodeRuntime:
    """Return ``wanted``, or for ``AUTO`` the runtime of this machine.

    Raises:
        UsageError: no known container runtime is installed.
    """
    programs = {NodeRuntime.K3S: "k3s", NodeRuntime.CONTAINERD: "ctr"}
    candidates = [wanted] if wanted is not NodeRuntime.AUTO else list(programs)
    for runtime in candidates:
        if shutil.which(programs[runtime]):
            return runtime
    raise UsageError(
        "kubeglass images load",
        "finds no container runtime on this machine",
        found=f"{' and '.join(programs[runtime] for runtime in candidates)} not on PATH",
        hint=f"run it on the node, or copy the archives there: kubeglass images save FOLDER, for K3s into {K3S_IMAGES}",
    )


def load_archives(archives: Sequence[ArchivedImage], runtime: NodeRuntime, *, k3s_images: Path = K3S_IMAGES) -> None:
    """Import the archives, so that pods on this node find them by name.

    For K3s they are also copied to the folder that it imports at every start, so they survive image garbage collection.

    Args:
        archives: the archives.
        runtime: the container runtime; not ``AUTO``.
        k3s_images: K3s's folder for archives.

    Raises:
        ClusterError: the import fails.
        StateError: K3s's folder cannot be written.
    """
    program = ("k3s", "ctr") if runtime is NodeRuntime.K3S else ("ctr",)
    for archive in archives:
        path = copy_archive(archive, k3s_images) if runtime is NodeRuntime.K3S else archive.path
        command = [*program, *_NAMESPACE, "images", "import", str(path)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise ClusterError(
                archive.reference,
                f"cannot be imported by {runtime.value}",
                hint="check that the runtime runs; it usually needs root: use sudo",
                details=tuple(result.stderr.strip().splitlines()[-5:]),
            )
