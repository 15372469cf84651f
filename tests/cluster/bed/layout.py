"""Names, addresses and folders of the test cluster."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

KUBERNETES_VERSION = "1.34.4"
NODE_NAME = "bed"
NODE_IP = "10.99.0.1"
NODE_NETWORK = "10.99.0.1/24"
POD_NETWORK = "10.244.0.0/24"
CLUSTER_NETWORK = "10.244.0.0/16"
SERVICE_NETWORK = "10.96.0.0/16"
API_SERVICE_IP = "10.96.0.1"
DNS_SERVICE_IP = "10.96.0.10"
API_SERVER = "https://127.0.0.1:6443"

SOURCES = Path(__file__).parent
REPOSITORY = SOURCES.parents[2]

#: For all programs in Go, whose garbage collectors are a tenth of what a run costs; memory is not short.
LAZY_COLLECTOR = {"GOGC": "400"}

CONTAINERD_SOCKET = Path("/run/containerd/containerd.sock")
LOCAL_PATH_VOLUMES = Path("/var/lib/local-path")


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of the test cluster on the machine.

    Args:
        cache: what is built once: one folder for each program, its name ending in a digest of what it was made from.
        run: the running cluster's state; it exists only while the cluster does.
    """

    cache: Path
    run: Path

    @property
    def cgroup(self) -> str:
        """The parent of the pods' control groups; no other cluster on this machine uses it."""
        return f"kubeglass-testbed-{hashlib.sha256(str(self.run).encode()).hexdigest()[:8]}"

    @property
    def no_node_file(self) -> Path:
        """Marks a running cluster as a control plane only."""
        return self.run / "no-node"

    @property
    def pki(self) -> Path:
        """Keys and certificates of this run."""
        return self.run / "pki"

    @property
    def logs(self) -> Path:
        """One log per component."""
        return self.run / "logs"

    @property
    def images(self) -> Path:
        """Archives that the node imports when it starts."""
        return self.run / "images"

    @property
    def api_socket(self) -> Path:
        """Answers for the API server, with the administrator's rights, outside the cluster's network too."""
        return self.run / "api.sock"

    @property
    def pid_file(self) -> Path:
        """The process id, outside, of the cluster's first process."""
        return self.run / "init.pid"

    @property
    def started_file(self) -> Path:
        """Exists once every component has been started."""
        return self.run / "started"

    @property
    def failure_file(self) -> Path:
        """Exists if the cluster has ended by itself, and says why."""
        return self.run / "failure"

    def kubeconfig(self, user: str = "admin") -> Path:
        """Return the kubeconfig of ``user``, with its certificates; it works in the cluster's network."""
        return self.pki / f"{user}.kubeconfig"


def find_layout() -> Layout:
    """Return this user's folders, ``$XDG_CACHE_HOME/kubeglass/testbed`` or the same under ``~/.cache``."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kubeglass" / "testbed"
    return Layout(cache=base, run=base / "run")
