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
from tests.cluster.bed.layout import KUBERNETES_VERSION, LAZY_COLLECTOR, SOURCES
from tests.cluster.bed.store import digest_of, find_kept, keep

#: The programs in the one binary ``kube``, which acts as the one it is called as.
KUBE_PROGRAMS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
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
class Module:
    """One Go module of ``go/``, with the programs that are built of it.

    Args:
        name: its folder there.
        usually: how long building it takes the first time.
        packages: the programs; each is called as its folder.
        link_flags: further flags for the linker.
    """

    name: str
    usually: str
    packages: str = "./..."
    link_flags: tuple[str, ...] = ()

    @property
    def sources(self) -> Path:
        """The folder with ``go.mod``."""
        return SOURCES / "go" / self.name

    @property
    def digest(self) -> str:
        """What changes with anything that the programs are made of."""
        files = sorted(path for path in self.sources.rglob("*") if path.is_file())
        return digest_of(*files, self.packages, " ".join(self.link_flags))


#: In one module, so that what the programs share is compiled once.
KUBERNETES = Module("kubernetes", "6 minutes", link_flags=_VERSION_FLAGS)
#: Only for tests of host names.
TRAEFIK = Module("traefik", "4 minutes", "github.com/traefik/traefik/v3/cmd/traefik")


#: The linker drops what debuggers need, so the compiler need not make it: a fifth of its work. Go's own packages are
#: compiled as for the engines, which share them.
_COMPILER_FLAGS = ("-gcflags=all=-dwarf=false", "-gcflags=std=")
_ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false", **LAZY_COLLECTOR}


def build_modules(modules: Sequence[Module], cache: Path) -> list[Path]:
    """Return the folder with each module's programs, built if they are not in ``cache``.

    One after another: side by side, each would compile the packages they share, as Go's cache knows only what is done.
    What those to come are made of is downloaded meanwhile.

    Raises:
        BedError: there is no Go, or it refuses.
    """
    missing = [module for module in modules if not find_kept(cache, module.name, module.digest).is_dir()]
    downloads = ThreadPoolExecutor(max_workers=1)
    try:
        for module in missing[1:]:
            downloads.submit(_download, module)
        return [build_module(module, cache) for module in modules]
    finally:
        downloads.shutdown(cancel_futures=True)


def build_module(module: Module, cache: Path) -> Path:
    """Return the folder with the module's programs, built if they are not in ``cache``.

    Raises:
        BedError: there is no Go, or it refuses.
    """

    def build(folder: Path) -> None:
        print(f"test cluster: building {module.name} (once, usually {module.usually})", flush=True)
        flags = " ".join(("-s", "-w", *module.link_flags))
        _run_go(
            module, ["build", "-trimpath", *_COMPILER_FLAGS, "-ldflags", flags, "-o", f"{folder}/", module.packages]
        )
        if module is KUBERNETES:
            for name in KUBE_PROGRAMS:
                (folder / name).symlink_to("kube")

    return keep(cache, module.name, module.digest, build)


def _download(module: Module) -> None:
    """Download what the module's programs are made of, and no more; a failure is for the build to tell."""
    with suppress(BedError):
        _run_go(module, ["list", "-deps", module.packages])


def _run_go(module: Module, arguments: Sequence[str]) -> None:
    go = shutil.which("go")
    if not go:
        raise BedError("go: is not on PATH; install Go 1.26 or newer, which builds the test cluster's programs")
    result = subprocess.run(
        ["nice", "-n", "10", go, *arguments],
        cwd=module.sources,
        env=os.environ | _ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if result.returncode:
        lines = "".join(f"\n  {line}" for line in result.stderr.splitlines()[-12:])
        raise BedError(f"{module.name}: does not build (go exited with {result.returncode}):{lines}")
