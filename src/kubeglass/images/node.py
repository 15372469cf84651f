"""Give image archives to the Kubernetes node that this machine is: K3s, or any other on containerd."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from kubeglass.errors import ClusterError, UsageError
from kubeglass.images.archive import ArchivedImage
from kubeglass.images.store import copy_archive

#: K3s imports what lies here whenever it starts: https://docs.k3s.io/installation/airgap
K3S_IMAGES = Path("/var/lib/rancher/k3s/agent/images")
#: The namespace of containerd in which the kubelet looks for images.
_NAMESPACE = ("--namespace", "k8s.io")


class NodeRuntime(StrEnum):
    """Who imports the archives."""

    AUTO = "auto"
    K3S = "k3s"
    CONTAINERD = "containerd"


def find_runtime(wanted: NodeRuntime) -> NodeRuntime:
    """Return ``wanted``, or what this machine has if that is left open.

    Raises:
        UsageError: this machine is no node we know.
    """
    programs = {NodeRuntime.K3S: "k3s", NodeRuntime.CONTAINERD: "ctr"}
    candidates = [wanted] if wanted is not NodeRuntime.AUTO else list(programs)
    for runtime in candidates:
        if shutil.which(programs[runtime]):
            return runtime
    raise UsageError(
        "kubeglass images load",
        "finds no container runtime here",
        found=f"{' and '.join(programs[runtime] for runtime in candidates)} not on PATH",
        hint=f"run it on the node, or copy the archives there: kubeglass images save FOLDER, for K3s into {K3S_IMAGES}",
    )


def load_archives(archives: Sequence[ArchivedImage], runtime: NodeRuntime, *, k3s_images: Path = K3S_IMAGES) -> None:
    """Import the archives, so that pods of this node find them under their names.

    For K3s they are also kept where it imports from at every start, so they come back after an image clean-up.

    Args:
        archives: what to import.
        runtime: who imports them; not ``AUTO``.
        k3s_images: K3s's folder for archives.

    Raises:
        ClusterError: the runtime refuses.
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
                f"is not imported by {runtime.value}",
                hint="the runtime must run, and mostly wants root: use sudo",
                details=tuple(result.stderr.strip().splitlines()[-5:]),
            )
