"""Platforms, by the names that Go and container images have for them, and which one a program is for."""

from __future__ import annotations

import platform
import struct
from dataclasses import dataclass
from pathlib import Path

from kubeglass.errors import UsageError

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "arm64/v8": "arm64"}


@dataclass(frozen=True, slots=True)
class Platform:
    """An operating system (``linux``, ``darwin``) and an architecture (``amd64``, ``arm64``)."""

    os: str
    arch: str

    def __str__(self) -> str:
        return f"{self.os}/{self.arch}"


KNOWN = tuple(Platform(os, arch) for os in ("linux", "darwin") for arch in ("amd64", "arm64"))


def detect_platform() -> Platform:
    """Identify this machine; an unknown architecture keeps its own name."""
    machine = platform.machine().lower()
    return Platform(platform.system().lower(), _ARCHITECTURES.get(machine, machine))


def parse_platform(text: str, known: tuple[Platform, ...] = KNOWN) -> Platform:
    """Parse the ``--platform`` option, such as ``linux/arm64``.

    Raises:
        UsageError: it is not one of the ``known`` platforms.
    """
    os, _, arch = text.strip().lower().partition("/")
    found = Platform(os, _ARCHITECTURES.get(arch, arch))
    if found not in known:
        raise UsageError(
            "--platform",
            "is not a platform to build for",
            found=text,
            hint=f"choose from: {', '.join(map(str, known))}",
        )
    return found


_ELF = b"\x7fELF"
_ELF_MACHINES = {62: "amd64", 183: "arm64"}
_MACH_O = b"\xcf\xfa\xed\xfe"
_MACH_O_MACHINES = {0x01000007: "amd64", 0x0100000C: "arm64"}
_HEADER_BYTES = 20


def read_platform(path: Path) -> Platform | None:
    """Return the platform of a program or a library by its header; None if it is neither, such as a script.

    Sources: ``e_machine`` in elf(5), ``cputype`` in Apple's mach-o/loader.h.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        return None
    if header.startswith(_ELF):
        (machine,) = struct.unpack_from("<H" if header[5] == 1 else ">H", header, 18)
        return Platform("linux", _ELF_MACHINES.get(machine, f"machine {machine}"))
    if header.startswith(_MACH_O):
        (machine,) = struct.unpack_from("<I", header, 4)
        return Platform("darwin", _MACH_O_MACHINES.get(machine, f"machine {machine}"))
    return None
