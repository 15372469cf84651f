"""Start and end the test cluster."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.bed.cgroups import make_cgroups, remove_cgroups
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.failure import BedError, read_last_lines
from tests.cluster.bed.images import write_images
from tests.cluster.bed.layout import NODE_NAME, REPOSITORY, SOURCES, Layout
from tests.cluster.bed.namespaces import end_init, find_init, start_init
from tests.cluster.bed.packages import Runtime, unpack_runtime
from tests.cluster.bed.pki import make_pki
from tests.cluster.bed.programs import KUBERNETES, Module, build_modules
from tests.cluster.bed.settings import write_settings
from tests.cluster.bed.store import lock
from tests.cluster.bed.waiting import wait_until


@dataclass(frozen=True, slots=True)
class Parts:
    """The programs of a cluster: the folder with what was built, and the container runtime."""

    programs: Path
    runtime: Runtime


def build_cluster(layout: Layout, further: Sequence[Module] = ()) -> Parts:
    """Return what the cluster is made of, building what was never built: minutes the first time, nothing afterwards.

    Raises:
        BedError: something cannot be built, or one of the ``further`` modules, which only some tests use.
    """
    with ThreadPoolExecutor() as pool:
        runtime = pool.submit(unpack_runtime, layout.cache)
        programs, *_ = build_modules((KUBERNETES, *further), layout.cache)
        return Parts(programs, runtime.result())


def start_cluster(layout: Layout, *, control_plane_only: bool = False) -> Cluster:
    """Start the cluster, building what was never built, and return when pods can run and find each other by name.

    A cluster that runs already is returned as it is. With ``control_plane_only`` there is no node: etcd, the API
    server, its controllers and the scheduler, enough for server-side dry runs, and KWOK, which pretends to be the
    kubelet of every node that is made by hand.

    Raises:
        BedError: it cannot be built or does not start.
    """
    parts = build_cluster(layout)
    cluster = Cluster(layout, parts.programs / "kubectl", parts.runtime)
    with lock(layout.cache / ".run.lock"):
        if find_init(layout) is not None:
            if layout.no_node_file.exists() and not control_plane_only:
                raise BedError("test cluster: runs without a node; end it first: make cluster-down")
            return cluster
        _clear(layout)
        _prepare(layout, parts, control_plane_only=control_plane_only)
        try:
            _start(cluster, parts.programs, control_plane_only=control_plane_only)
        except BaseException:
            _end(layout)
            raise
    return cluster


def end_cluster(layout: Layout) -> bool:
    """End the cluster, remove its state and control groups, and return whether one was running."""
    layout.cache.mkdir(parents=True, exist_ok=True)
    with lock(layout.cache / ".run.lock"):
        return _end(layout)


def _prepare(layout: Layout, parts: Parts, *, control_plane_only: bool) -> None:
    layout.logs.mkdir(parents=True)
    if control_plane_only:
        layout.no_node_file.touch()
    make_pki(layout.pki)
    write_settings(layout, parts.runtime)
    write_images(layout.images, pause=parts.programs / "pause", coredns=parts.programs / "coredns")
    make_cgroups(layout.cgroup)


def _start(cluster: Cluster, programs: Path, *, control_plane_only: bool) -> None:
    layout = cluster.layout
    start_init(layout, cluster.runtime.environment(programs), control_plane_only=control_plane_only)
    wait_until(lambda: _has_started(layout), "the start of its components")
    if control_plane_only:
        return
    for addon in sorted((SOURCES / "addons").glob("*.yaml")):
        cluster.kubectl("apply", "--filename", addon)
    wait_until(lambda: _node_is_known(cluster), "the node's registration")
    cluster.kubectl("wait", "--for=condition=Ready", f"node/{NODE_NAME}", "--timeout=60s")
    cluster.kubectl("--namespace=kube-system", "rollout", "status", "deployment/coredns", "--timeout=60s")
    wait_until(lambda: _names_are_known(cluster), "the first answer of the name server", timeout_s=30)


def _has_started(layout: Layout) -> bool:
    if layout.failure_file.exists():
        words = read_last_lines(layout.logs / "init.log")
        raise BedError(f"test cluster: ended while it started: {layout.failure_file.read_text()}{words}")
    if find_init(layout) is None:
        raise BedError(f"test cluster: ended while it started:{read_last_lines(layout.logs / 'init.log')}")
    return layout.started_file.exists()


def _node_is_known(cluster: Cluster) -> bool:
    return NODE_NAME in cluster.kubectl("get", "nodes", "--output=name")


def _names_are_known(cluster: Cluster) -> bool:
    """A ready CoreDNS is not enough: kube-proxy refuses the service's address until it knows the pod."""
    ask = [sys.executable, "-m", "tests.cluster.bed.dns", "kubernetes.default.svc.cluster.local"]
    return cluster.run(ask, cwd=REPOSITORY, check=False).returncode == 0


def _end(layout: Layout) -> bool:
    pid = find_init(layout)
    if pid is not None:
        end_init(pid)
    _clear(layout)
    return pid is not None


def _clear(layout: Layout) -> None:
    remove_cgroups(layout.cgroup)
    if layout.run.exists():
        shutil.rmtree(layout.run)
