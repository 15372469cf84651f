"""Build the cluster's programs from Go modules, pinned by ``go.sum``."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.bed.failure import BedError
from tests.cluster.bed.layout import KUBERNETES_VERSION, SOURCES
from tests.cluster.bed.store import digest_of, find_kept, keep

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

    @property
    def digest(self) -> str:
        """What changes with anything that the binary is made of."""
        return digest_of(*sorted(self.sources.iterdir()), " ".join(self.link_flags))


KUBE = Program("kube", _VERSION_FLAGS, "5 minutes")
COREDNS = Program("coredns", usually="1 to 2 minutes")
KWOK = Program("kwok", usually="1 minute")
PAUSE = Program("pause")
#: Only for tests of what it measures.
METRICS_SERVER = Program("metrics-server", usually="1 to 2 minutes")
#: Only for tests of host names.
TRAEFIK = Program("traefik", usually="4 minutes", package="github.com/traefik/traefik/v3/cmd/traefik")


#: The linker drops what debuggers need, so the compiler need not make it: a fifth of its work. Go's own packages are
#: compiled as for the engines, which share them.
_COMPILER_FLAGS = ("-gcflags=all=-dwarf=false", "-gcflags=std=")
#: Each compiler ends within seconds, so collecting its garbage is worth little.
_ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false", "GOGC": "400"}


def build_programs(programs: Sequence[Program], cache: Path) -> list[Path]:
    """Return the binary of each program, built if it is not in ``cache``.

    One after another: side by side, each would compile the packages they share, as Go's cache knows only what is done.
    The modules of those to come are downloaded meanwhile.

    Raises:
        BedError: there is no Go, or it refuses.
    """
    missing = [program for program in programs if not find_kept(cache, program.name, program.digest).is_dir()]
    downloads = ThreadPoolExecutor(max_workers=1)
    try:
        for program in missing[1:]:
            downloads.submit(_download, program)
        return [build_program(program, cache) for program in programs]
    finally:
        downloads.shutdown(cancel_futures=True)


def build_program(program: Program, cache: Path) -> Path:
    """Return the program's binary, built if it is not in ``cache``.

    Raises:
        BedError: there is no Go, or it refuses.
    """

    def build(folder: Path) -> None:
        print(f"test cluster: building {program.name} (once, usually {program.usually})", flush=True)
        flags = " ".join(("-s", "-w", *program.link_flags))
        target = str(folder / program.name)
        _run_go(program, ["build", "-trimpath", *_COMPILER_FLAGS, "-ldflags", flags, "-o", target, program.package])
        if program is KUBE:
            for name in KUBE_PROGRAMS:
                (folder / name).symlink_to(program.name)

    return keep(cache, program.name, program.digest, build) / program.name


def _download(program: Program) -> None:
    """Download the modules that the program is built from, and no others; a failure is for its build to tell."""
    with suppress(BedError):
        _run_go(program, ["list", "-deps", program.package])


def _run_go(program: Program, arguments: Sequence[str]) -> None:
    go = shutil.which("go")
    if not go:
        raise BedError("go: is not on PATH; install Go 1.26 or newer, which builds the test cluster's programs")
    result = subprocess.run(
        ["nice", "-n", "10", go, *arguments],
        cwd=program.sources,
        env=os.environ | _ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if result.returncode:
        lines = "".join(f"\n  {line}" for line in result.stderr.splitlines()[-12:])
        raise BedError(f"{program.name}: does not build (go exited with {result.returncode}):{lines}")
