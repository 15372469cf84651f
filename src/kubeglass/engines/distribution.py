"""A distribution: a release archive or a Go build that contains one or more programs.

The pinned versions are in ``versions.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ENGINES = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Release:
    """The official archive for one operating system; each text may hold ``{version}``, ``{os}`` and ``{arch}``.

    Args:
        archive: address of a ``.tar.gz``.
        checksums: address of the file in which the makers list the archive's SHA-256.
        members: program name to its path inside the archive.
    """

    archive: str
    checksums: str
    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GoBuild:
    """How the programs are built from checksummed Go modules.

    Args:
        sources: folder with the main module: ``go.mod``, ``go.sum`` and what they build.
        packages: what ``go build`` is asked for.
        tags: build tags, comma-separated.
        ldflags: linker flags.
        usual_seconds: how long it takes with empty Go caches on 2 cores, measured.
        modules: how many modules it downloads, measured.
        compiled_packages: how many packages it compiles, the standard library's included, measured.
        modules_gib: disk space those modules take, in GiB.
        cache_gib: disk space Go's build cache takes, in GiB.
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
    """One pinned version of a project's programs.

    Args:
        name: folder name in the cache.
        title: the project's name, for people.
        version: the pinned version, without a leading ``v``.
        image: container image with the same version, for clusters.
        binaries: the programs it brings.
        releases: operating system (``linux``, ``darwin``) to its official archive; empty if we use no release.
        build: how to build the programs, or ``None`` if they are only ever run from the image.
    """

    name: str
    title: str
    version: str
    image: str
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
