"""The container runtime and the firewall tools: Debian packages, unpacked into a folder and not installed."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.bed.failure import BedError
from tests.cluster.bed.layout import LAZY_COLLECTOR
from tests.cluster.bed.store import digest_of, keep

PACKAGES = (
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "iptables",
    "libip4tc2",
    "libip6tc2",
    "libmnl0",
    "libnetfilter-conntrack3",
    "libnfnetlink0",
    "libnftnl11",
    "libseccomp2",
    "libxtables12",
    "runc",
)

#: The names that iptables' one binary is called by.
_FIREWALL_TOOLS = tuple(
    f"{family}{suffix}" for family in ("iptables", "ip6tables") for suffix in ("", "-save", "-restore")
)


@dataclass(frozen=True, slots=True)
class Runtime:
    """The unpacked packages.

    Args:
        root: the folder they were unpacked to.
    """

    root: Path

    @property
    def runc(self) -> Path:
        """The program that starts containers."""
        return self.root / "usr" / "bin" / "runc"

    @property
    def network_plugins(self) -> Path:
        """The folder of the container network plugins."""
        return self.root / "usr" / "lib" / "cni"

    def environment(self, *folders: Path) -> dict[str, str]:
        """Return the environment in which these programs find each other and their libraries, ``folders`` first."""
        libraries = self.root / "usr" / "lib" / f"{platform.machine()}-linux-gnu"
        own = (self.root / "tools", self.root / "usr" / "sbin", self.root / "usr" / "bin")
        system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return {
            "HOME": "/root",
            "PATH": ":".join([*map(str, (*folders, *own)), system]),
            "LD_LIBRARY_PATH": str(libraries),
            "XTABLES_LIBDIR": str(libraries / "xtables"),
            **LAZY_COLLECTOR,
        }


def unpack_runtime(cache: Path) -> Runtime:
    """Return the runtime, downloaded and unpacked if it is not in ``cache``.

    Raises:
        BedError: this is no Debian, or its packages cannot be downloaded.
    """
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise BedError("apt-get: is not on PATH; the test cluster takes containerd from Debian's packages")
    return Runtime(keep(cache, "runtime", digest_of(*PACKAGES), _unpack))


def unpack_emulator(cache: Path, architecture: str) -> Path:
    """Return the emulator of another processor, downloaded and unpacked if it is not in ``cache``.

    Raises:
        BedError: its package cannot be downloaded.
    """
    machine = {"arm64": "aarch64", "amd64": "x86_64"}[architecture]
    root = keep(cache, "emulator", digest_of("qemu-user-static"), lambda folder: _fetch(("qemu-user-static",), folder))
    return root / "usr" / "bin" / f"qemu-{machine}-static"


def _unpack(folder: Path) -> None:
    print("test cluster: unpacking containerd, runc, iptables (once, usually 10 seconds)", flush=True)
    _fetch(PACKAGES, folder)
    tools = folder / "tools"
    tools.mkdir()
    for name in _FIREWALL_TOOLS:
        (tools / name).symlink_to("../usr/sbin/xtables-nft-multi")


def _fetch(packages: Sequence[str], folder: Path) -> None:
    downloads = folder / "downloads"
    downloads.mkdir(mode=0o755)
    if _apt("download", *packages, folder=downloads):
        _apt("update", folder=downloads)
        problem = _apt("download", *packages, folder=downloads)
        if problem:
            raise BedError(f"apt-get download: fails ({problem}); check the package sources of this machine")
    for package in sorted(downloads.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    shutil.rmtree(downloads)


def _apt(*arguments: str, folder: Path) -> str:
    """Run apt-get in ``folder`` and return its last output if it failed."""
    result = subprocess.run(
        ["apt-get", "-qq", *arguments],
        cwd=folder,
        env=os.environ | {"LC_ALL": "C"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return (result.stderr.strip().splitlines() or ["no reason given"])[-1] if result.returncode else ""
