"""An image as a value: its names, what it runs, and its layers, the rarely changing ones first."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field

from kubeglass.deploy.images.tree import Entry
from kubeglass.errors import UsageError

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Image:
    """What an archive is written from.

    Args:
        reference: the name pods use, with its tag.
        layers: the content of each layer, lowest first.
        entrypoint: the program and its fixed arguments.
        command: the arguments a pod may replace.
        environment: variables of every process in the container.
        working_dir: the folder the program starts in.
        ports: TCP ports the program listens on.
        labels: ``org.opencontainers.image.…`` names to values.
    """

    reference: str
    layers: tuple[tuple[Entry, ...], ...]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    working_dir: str = "/"
    ports: tuple[int, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


def find_architecture() -> str:
    """Return this machine's architecture as container images call it.

    Raises:
        UsageError: images of this machine's files would run on no cluster.
    """
    machine = platform.machine().lower()
    if platform.system() != "Linux" or machine not in _ARCHITECTURES:
        raise UsageError(
            "images",
            "can only be put together on Linux, from this machine's own interpreter and libraries",
            found=f"{platform.system()} {machine}",
            hint="build them on a Linux machine, or with Docker from examples/docker/Dockerfile",
        )
    return _ARCHITECTURES[machine]
