"""The running test cluster, as tests see it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.cluster.bed.components import import_command
from tests.cluster.bed.failure import BedError
from tests.cluster.bed.layout import LAZY_COLLECTOR, NODE_IP, NODE_NAME, Layout
from tests.cluster.bed.namespaces import enter, find_init
from tests.cluster.bed.packages import Runtime

#: A test's own time limit is longer, so that the command's output is shown.
TIMEOUT_S = 240


@dataclass(frozen=True, slots=True)
class Cluster:
    """A handle on the running cluster.

    Args:
        layout: its folders.
        kubectl_path: the kubectl of the same version.
        runtime: the container runtime's programs.
    """

    layout: Layout
    kubectl_path: Path
    runtime: Runtime

    @property
    def kubeconfig(self) -> Path:
        """The administrator's; it works in the cluster's network, for commands of :meth:`run`."""
        return self.layout.kubeconfig()

    @property
    def node_ip(self) -> str:
        """The address of NodePorts in the cluster's network."""
        return NODE_IP

    @property
    def node_name(self) -> str:
        """The only node's name."""
        return NODE_NAME

    def run(
        self,
        command: Sequence[str | Path],
        *,
        check: bool = True,
        stdin: str | None = None,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout_s: float = TIMEOUT_S,
        prefix: Sequence[str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run ``command`` in the cluster's network, with KUBECONFIG set, on the machine's own files.

        Args:
            command: the program and its arguments.
            check: whether to raise if it fails.
            stdin: what it reads.
            environment: further variables.
            cwd: the folder it starts in.
            timeout_s: seconds it may take.
            prefix: what enters the cluster's namespaces, if not only its network.

        Raises:
            BedError: it failed and ``check`` holds; the message carries what it said.
        """
        result = subprocess.run(
            [*(prefix or enter(self.pid)), *map(str, command)],
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig), **(environment or {})},
            cwd=cwd,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check and result.returncode:
            words = " ".join(map(str, command))
            raise BedError(f"{words}: exited with {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def kubectl(self, *arguments: str | Path, check: bool = True, stdin: str | None = None) -> str:
        """Run kubectl and return its standard output, followed by standard error if it failed."""
        result = self.run([self.kubectl_path, *arguments], check=check, stdin=stdin, environment=LAZY_COLLECTOR)
        return result.stdout if result.returncode == 0 else result.stdout + result.stderr

    def read(self, path: str) -> Any:
        """Read a document from the API server, without the tenth of a second that kubectl takes to start.

        Raises:
            BedError: the API server refuses.
        """
        transport = httpx2.HTTPTransport(uds=str(self.layout.api_socket), verify=False)
        with httpx2.Client(transport=transport, timeout=TIMEOUT_S, trust_env=False) as client:
            answer = client.get(f"http://localhost{path}")
        if not answer.is_success:
            raise BedError(f"{path}: the API server answers {answer.status_code}: {answer.text}")
        return answer.json()

    def run_on_node(self, command: Sequence[str | Path], *, cwd: Path | None = None) -> str:
        """Run ``command`` in all of the node's namespaces, with containerd's programs on PATH; return its output.

        Raises:
            BedError: it failed; the message carries what it said.
        """
        variables = [f"{name}={value}" for name, value in self.runtime.environment().items()]
        # Entering the mounts moves a process to their root folder.
        enter_there = [*enter(self.pid, network_only=False), "env", f"--chdir={cwd or '/'}", *variables]
        return self.run(command, prefix=enter_there).stdout

    def import_image(self, archive: Path) -> None:
        """Import an image archive into the node; pods find it by name with any pull policy but Always.

        Raises:
            BedError: containerd refuses it.
        """
        self.run_on_node(import_command(str(archive.absolute())))

    @property
    def pid(self) -> int:
        """The process id, outside, of the cluster's first process.

        Raises:
            BedError: the cluster has ended.
        """
        pid = find_init(self.layout)
        if pid is None:
            raise BedError("test cluster: does not run; start it: make cluster-up")
        return pid
