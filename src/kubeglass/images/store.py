"""Built images: a folder with one archive per image, copied elsewhere or imported into the node on this machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from kubeglass.errors import ClusterError, UsageError
from kubeglass.files import explain_disk_errors, replacing
from kubeglass.images.archive import ArchivedImage, read_archive

SUFFIX = ".tar"
#: K3s imports archives from here when it starts, and within seconds while it runs: https://docs.k3s.io/installation/airgap
K3S_IMAGES = Path("/var/lib/rancher/k3s/agent/images")
#: The containerd namespace where the kubelet looks for images.
_NAMESPACE = ("--namespace", "k8s.io")


def list_archives(folder: Path) -> dict[str, ArchivedImage]:
    """Return every archive in ``folder`` by name; the folder may not exist.

    Raises:
        StateError: a file in the folder is not an image archive.
    """
    return {path.stem: read_archive(path) for path in sorted(folder.glob(f"*{SUFFIX}"))}


def choose_archives(folder: Path, names: Sequence[str]) -> dict[str, ArchivedImage]:
    """Return the archives in ``folder`` with these names, or all if there are no names.

    Raises:
        UsageError: one of them is not built, or nothing is.
    """
    built = list_archives(folder)
    missing = [name for name in names if name not in built]
    if missing or not built:
        raise UsageError(
            missing[0] if missing else str(folder),
            "is not built" if missing else "has no images",
            found=f"built images: {', '.join(built)}" if built else "",
            hint="run: kubeglass images build",
        )
    return {name: built[name] for name in names or built}


def copy_archive(archive: ArchivedImage, folder: Path) -> Path:
    """Copy an archive to another folder, completely or not at all, and return its path.

    The file is named after the image and its version, so that several pipelines can share a folder.

    Raises:
        StateError: the folder cannot be written.
    """
    target = folder / f"{archive.reference.replace('/', '_').replace(':', '_')}{SUFFIX}"
    with explain_disk_errors(folder, hint="use sudo, or another folder"):
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(target) as stream, archive.path.open("rb") as source:
            shutil.copyfileobj(source, stream)
    return target


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


def require_architecture(archives: Sequence[ArchivedImage], architecture: str) -> None:
    """Check that a node can run the images, before any is imported.

    Raises:
        ClusterError: one of them is for another architecture.
    """
    wrong = [archive for archive in archives if archive.architecture != architecture]
    if wrong:
        names = " ".join(archive.path.stem for archive in wrong)
        raise ClusterError(
            ", ".join(archive.reference for archive in wrong),
            "cannot run on this node",
            found=f"the image is {wrong[0].architecture}, the node {architecture}",
            hint=f"build it for the node: kubeglass images build {names} --platform linux/{architecture}",
        )


def load_archives(archives: Sequence[ArchivedImage], runtime: NodeRuntime) -> None:
    """Import the archives into a runtime, not ``AUTO``, so that pods on this node find them by name.

    For K3s they are also copied to the folder that it imports, so they survive image garbage collection.

    Raises:
        ClusterError: the import fails.
        StateError: K3s's folder cannot be written.
    """
    program = ("k3s", "ctr") if runtime is NodeRuntime.K3S else ("ctr",)
    for archive in archives:
        path = copy_archive(archive, K3S_IMAGES) if runtime is NodeRuntime.K3S else archive.path
        command = [*program, *_NAMESPACE, "images", "import", str(path)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise ClusterError(
                archive.reference,
                f"cannot be imported by {runtime.value}",
                hint="check that the runtime runs; it usually needs root: use sudo",
                details=tuple(result.stderr.strip().splitlines()[-5:]),
            )
