"""Engines and other programs: the distributions that contain them, pinned in ``versions.toml``, and how to run them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kubeglass.model.local import LocalPorts, LocalSettings

ENGINES = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Release:
    """The official archive for one operating system; all texts may contain ``{version}``, ``{os}`` and ``{arch}``.

    Args:
        archive: address of a ``.tar.gz``.
        checksums: address of the file that lists the archive's SHA-256.
        members: program name to its path inside the archive.
    """

    archive: str
    checksums: str
    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GoBuild:
    """How the programs are built from checksummed Go modules; the numbers were measured with empty Go caches.

    Args:
        sources: folder of the main module: ``go.mod``, ``go.sum`` and Go files.
        packages: the packages to build.
        tags: build tags, comma-separated.
        ldflags: linker flags.
        usual_seconds: duration on 2 cores.
        modules: number of modules that it downloads.
        compiled_packages: number of packages that it compiles, including the standard library's.
        modules_gib: disk space of the modules, in GiB.
        cache_gib: disk space of Go's build cache, in GiB.
    """

    sources: Path
    packages: tuple[str, ...]
    tags: str
    ldflags: str
    usual_seconds: int
    modules: int
    compiled_packages: int
    modules_gib: float
    cache_gib: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """One pinned version of a project's programs: a release archive or a Go build.

    Args:
        name: folder name in the cache.
        title: the project's name.
        version: the pinned version, without a leading ``v``.
        oldest: the oldest version that accepts what kubeglass renders; empty if that is not known.
        image: container image of the same version, for clusters.
        binaries: the programs in it.
        releases: operating system (``linux``, ``darwin``) to its official archive.
        build: how to build the programs; None if they run only from the image.
    """

    name: str
    title: str
    version: str
    image: str
    oldest: str = ""
    binaries: tuple[str, ...] = ()
    releases: Mapping[str, Release] | None = None
    build: GoBuild | None = None


@cache
def load_distribution(name: str) -> Distribution:
    """Read the pins of one distribution from ``versions.toml``.

    Raises:
        KeyError: ``versions.toml`` has no such table, or the table lacks a key.
    """
    table = tomllib.loads((ENGINES / "versions.toml").read_text(encoding="utf-8"))[name]
    version = table["version"]
    return Distribution(
        name=name,
        title=table["title"],
        version=version,
        image=table["image"].format(version=version),
        oldest=table.get("oldest", ""),
        binaries=tuple(table.get("binaries", ())),
        releases={os: Release(**release) for os, release in table.get("release", {}).items()},
        build=_read_build(table["build"], version) if "build" in table else None,
    )


def _read_build(table: dict[str, Any], version: str) -> GoBuild:
    return GoBuild(
        **{
            **table,
            "sources": ENGINES / "sources" / table["sources"],
            "packages": tuple(table["packages"]),
            "ldflags": table["ldflags"].format(version=version),
        }
    )


#: Version in the output of ``--version``.
VERSION_PATTERN = re.compile(r"\bversion v?(\d+\.\d+\.\d+)\b")


@dataclass(frozen=True, slots=True)
class Tool:
    """A program of a distribution, such as promtool.

    Args:
        name: as in ``kubeglass engines path NAME``; also the file's name in the cache.
        distribution: the distribution that contains it.
        commands: its names on PATH, in order of preference.
        probe: arguments that make the program list its components, if some builds lack any.
        parts: components that are required.
    """

    name: str
    distribution: Distribution
    commands: tuple[str, ...]
    probe: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The pinned version."""
        return self.distribution.version

    @property
    def series(self) -> str:
        """Major and minor version, which a program on PATH must have too."""
        return self.version.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Engine(Tool):
    """A program that kubeglass keeps running.

    Args:
        arguments: the arguments for one local run.
        port: the port of the two paths.
        readiness_path: answers 200 once it is ready.
        liveness_path: answers 200 while it is alive.
    """

    arguments: Callable[[LocalSettings], tuple[str, ...]] = lambda _: ()
    port: Callable[[LocalPorts], int] = lambda _: 0
    readiness_path: str = "/"
    liveness_path: str = "/"

    def argv(self, binary: Path, settings: LocalSettings) -> list[str]:
        """Build the command line that starts it for a local run."""
        return [str(binary), *self.arguments(settings)]

    def readiness_url(self, settings: LocalSettings) -> str:
        """Return the address that answers 200 once it is ready."""
        return settings.url(self.port(settings.ports), self.readiness_path)

    def liveness_url(self, settings: LocalSettings) -> str:
        """Return the address that answers 200 while it is alive."""
        return settings.url(self.port(settings.ports), self.liveness_path)
