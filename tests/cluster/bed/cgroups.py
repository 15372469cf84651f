"""The parents of the pods' control groups, made before the kubelet starts and removed after everything has ended."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.bed.waiting import wait_until

ROOT = Path("/sys/fs/cgroup")
#: Controllers that the kubelet needs in version 2; the root must delegate each.
_CONTROLLERS = ("cpuset", "cpu", "io", "memory", "pids")


def make_cgroups(name: str) -> None:
    """Make the group ``name`` in every hierarchy of this machine."""
    for hierarchy in _hierarchies():
        (hierarchy / name).mkdir(exist_ok=True)
    if (ROOT / "cgroup.controllers").exists():
        available = (ROOT / "cgroup.controllers").read_text().split()
        wanted = " ".join(f"+{controller}" for controller in _CONTROLLERS if controller in available)
        for group in (ROOT, ROOT / name):
            (group / "cgroup.subtree_control").write_text(wanted)


def remove_cgroups(name: str) -> None:
    """Remove the groups ``name`` and all below, waiting for the kernel to let go of ended processes."""
    wait_until(lambda: all(_remove(hierarchy / name) for hierarchy in _hierarchies()), "the end of its control groups")


def list_cgroups(name: str) -> list[Path]:
    """Return the groups ``name`` that exist."""
    return [hierarchy / name for hierarchy in _hierarchies() if (hierarchy / name).is_dir()]


def _hierarchies() -> list[Path]:
    """Version 2 has one tree; version 1 one for each controller, some of them links to another."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return [path for path in sorted(ROOT.iterdir()) if not path.is_symlink() and (path / "cgroup.procs").exists()]


def _remove(group: Path) -> bool:
    if not group.is_dir():
        return True
    for folder in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
        _remove_folder(folder)
    return _remove_folder(group)


def _remove_folder(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
