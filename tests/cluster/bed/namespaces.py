"""Start the cluster's first process in namespaces of its own, enter them, end them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.bed.failure import BedError, read_last_lines
from tests.cluster.bed.layout import REPOSITORY, Layout
from tests.cluster.bed.waiting import wait_until

INIT_MODULE = "tests.cluster.bed.init"


def start_init(layout: Layout, environment: Mapping[str, str], *, control_plane_only: bool) -> None:
    """Start the cluster and record its process id.

    Raises:
        BedError: the machine refuses namespaces, most likely because the user is not root.
    """
    if os.geteuid() != 0:
        raise BedError("test cluster: needs root, for namespaces, mounts and a network of its own; run it with sudo -E")
    for program in ("unshare", "nsenter", "ip", "mount"):
        if not shutil.which(program):
            raise BedError(f"{program}: is not on PATH; install util-linux and iproute2")
    parent = _spawn(layout, environment, control_plane_only=control_plane_only)
    wait_until(lambda: _is_gone(parent) or bool(_children(parent)), "the start of its first process")
    if _is_gone(parent):
        raise BedError(f"test cluster: does not start:{read_last_lines(layout.logs / 'init.log')}")
    layout.pid_file.write_text(str(_children(parent)[0]))


def _spawn(layout: Layout, environment: Mapping[str, str], *, control_plane_only: bool) -> int:
    """Start ``unshare``, which starts the first process, in a session that outlives this process."""
    command = ["unshare", "--pid", "--fork", "--mount", "--net", "--uts", "--kill-child", "--"]
    command += [sys.executable, "-m", INIT_MODULE, str(layout.run), str(control_plane_only)]
    log = str(layout.logs / "init.log")
    return os.posix_spawnp(
        command[0],
        command,
        {**environment, "PYTHONPATH": str(REPOSITORY)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def find_init(layout: Layout) -> int | None:
    """Return the process id of the cluster's first process; None if no cluster is running."""
    try:
        pid = int(layout.pid_file.read_text())
        command = _read_command(pid)
    except (OSError, ValueError):
        return None
    # After a reboot another process may have this id.
    return pid if f"{INIT_MODULE}\0{layout.run}\0".encode() in command else None


def _read_command(pid: int) -> bytes:
    """Read a process's command line, which is empty for a moment while it becomes another program."""
    for _ in range(100):
        if command := Path(f"/proc/{pid}/cmdline").read_bytes():
            return command
        time.sleep(0.01)
    return b""


def end_init(pid: int) -> None:
    """End the cluster: the kernel ends every process of its namespaces before the first one is gone."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: _is_gone(pid), "its end")


def enter(pid: int, *, network_only: bool = True) -> list[str]:
    """Return the prefix of a command that runs in the cluster's network, or in all its namespaces."""
    kinds = ["--net"] if network_only else ["--mount", "--uts", "--net", "--pid"]
    return ["nsenter", "--target", str(pid), *kinds, "--"]


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _is_gone(pid: int) -> bool:
    """Return whether the process has ended, reaping it if this process started it."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
