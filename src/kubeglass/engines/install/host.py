"""Which machine this is, in the words of release archives."""

from __future__ import annotations

import platform
from dataclasses import dataclass

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Host:
    """An operating system (``linux``, ``darwin``) and an architecture (``amd64``, ``arm64``)."""

    os: str
    arch: str

    def __str__(self) -> str:
        return f"{self.os}/{self.arch}"


def detect_host() -> Host:
    """Name this machine; an architecture that no archive knows keeps its own name."""
    machine = platform.machine().lower()
    return Host(platform.system().lower(), _ARCHITECTURES.get(machine, machine))
