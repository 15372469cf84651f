"""The cluster's first process: prepares its namespaces, starts the components in order, ends when one of them ends.

Run as ``python -m tests.cluster.bed.init RUN_FOLDER CONTROL_PLANE_ONLY`` by :mod:`tests.cluster.bed.namespaces`; its
environment is the components'.
"""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.bed import components
from tests.cluster.bed.failure import BedError, read_last_lines
from tests.cluster.bed.isolation import isolate
from tests.cluster.bed.layout import API_SERVER, CONTAINERD_SOCKET, Layout
from tests.cluster.bed.waiting import wait_until


class Init:
    """Starts components and watches them.

    Args:
        layout: the run's folders.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._running: dict[int, str] = {}

    def start(self, commands: Mapping[str, components.Command]) -> None:
        """Start each command with its own log."""
        for name, command in commands.items():
            with (self._layout.logs / f"{name}.log").open("ab") as log:
                process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            self._running[process.pid] = name

    def reap(self) -> str:
        """Reap processes until a component has ended, and return which one and how."""
        while True:
            pid, status = os.wait()
            if pid in self._running:
                return f"{self._running[pid]} ended with {os.waitstatus_to_exitcode(status)}"


def start_components(init: Init, layout: Layout, *, control_plane_only: bool) -> None:
    """Start everything in order of dependency."""
    init.start(components.storage_commands(layout))
    init.start({"kube-apiserver": components.apiserver_command(layout)})
    if not control_plane_only:
        # A pod whose images are not there yet would try to pull them, and wait before the next try.
        wait_until(CONTAINERD_SOCKET.exists, "the start of containerd")
        _import_images(layout)
    wait_until(lambda: _is_ready(layout), "the API server's readiness")
    init.start({"kubectl-proxy": components.proxy_command(layout)})
    init.start(components.controller_commands(layout))
    init.start(components.pretended_node_commands(layout) if control_plane_only else components.node_commands(layout))
    wait_until(layout.api_socket.exists, "the API server's socket")


def _import_images(layout: Layout) -> None:
    for archive in sorted(layout.images.iterdir()):
        result = subprocess.run(components.import_command(str(archive)), capture_output=True, text=True, check=False)
        if result.returncode:
            raise BedError(f"{archive.name}: is not imported: {result.stderr.strip()}")


def _is_ready(layout: Layout) -> bool:
    trusted = ssl.create_default_context(cafile=str(layout.pki / "ca.crt"))
    try:
        with urllib.request.urlopen(f"{API_SERVER}/readyz", context=trusted, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def main(run: Path, *, control_plane_only: bool) -> None:
    """Run the cluster; return only when it must end, with the reason in the run's failure file."""
    layout = Layout(cache=run.parent, run=run)
    init = Init(layout)
    try:
        isolate(layout)
        start_components(init, layout, control_plane_only=control_plane_only)
        layout.started_file.touch()
        reason = init.reap()
        reason += read_last_lines(layout.logs / f"{reason.split()[0]}.log")
    except (BedError, OSError, subprocess.CalledProcessError) as error:
        reason = str(error)
    layout.failure_file.write_text(reason)


if __name__ == "__main__":
    main(Path(sys.argv[1]), control_plane_only=sys.argv[2] == "True")
