"""Build the cluster's programs from Go modules, pinned by ``go.sum``."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.bed.failure import BedError
from tests.cluster.bed.layout import KUBERNETES_VERSION, SOURCES
from tests.cluster.bed.store import digest_of, keep

#: The programs in the one binary ``kube``, which acts as the one it is called as.
KUBE_PROGRAMS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
)

_VERSION_PACKAGES = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
#: Without these the API server reports v0.0.0, which clients refuse.
_VERSION_FLAGS = tuple(
    f"-X {package}.{variable}={value}"
    for package in _VERSION_PACKAGES
    for variable, value in {
        "gitVersion": f"v{KUBERNETES_VERSION}",
        "gitMajor": KUBERNETES_VERSION.split(".")[0],
        "gitMinor": KUBERNETES_VERSION.split(".")[1],
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
    }.items()
)


@dataclass(frozen=True, slots=True)
class Program:
    """One Go module of ``go/``.

    Args:
        name: its folder there, and its binary.
        link_flags: further flags for the linker.
        usually: how long building it takes the first time.
        package: what is built; another module's needs no ``main.go`` of ours.
    """

    name: str
    link_flags: tuple[str, ...] = ()
    usually: str = "a few seconds"
    package: str = "."

    @property
    def sources(self) -> Path:
        """The folder with ``go.mod``."""
        return SOURCES / "go" / self.name


KUBE = Program("kube", _VERSION_FLAGS, "5 minutes")
COREDNS = Program("coredns", usually="1 to 2 minutes")
KWOK = Program("kwok", usually="1 minute")
PAUSE = Program("pause")
#: Only for tests of what it measures.
METRICS_SERVER = Program("metrics-server", usually="1 to 2 minutes")
#: Only for tests of host names.
TRAEFIK = Program("traefik", usually="4 minutes", package="github.com/traefik/traefik/v3/cmd/traefik")


def build_program(program: Program, cache: Path) -> Path:
    """Return the program's binary, built if it is not in ``cache``.

    Raises:
        BedError: there is no Go, or it refuses.
    """
    digest = digest_of(*sorted(path for path in program.sources.iterdir()), " ".join(program.link_flags))

    def build(folder: Path) -> None:
        print(f"test cluster: building {program.name} (once, usually {program.usually})", flush=True)
        _run_go(program, folder)
        if program is KUBE:
            for name in KUBE_PROGRAMS:
                (folder / name).symlink_to(program.name)

    return keep(cache, program.name, digest, build) / program.name


def _run_go(program: Program, folder: Path) -> None:
    go = shutil.which("go")
    if not go:
        raise BedError("go: is not on PATH; install Go 1.26 or newer, which builds the test cluster's programs")
    flags = " ".join(("-s", "-w", *program.link_flags))
    target = str(folder / program.name)
    result = subprocess.run(
        ["nice", "-n", "10", go, "build", "-trimpath", "-ldflags", flags, "-o", target, program.package],
        cwd=program.sources,
        env=os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false"},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if result.returncode:
        lines = "".join(f"\n  {line}" for line in result.stderr.splitlines()[-12:])
        raise BedError(f"{program.name}: does not build (go exited with {result.returncode}):{lines}")
