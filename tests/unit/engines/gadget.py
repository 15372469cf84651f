"""A made-up distribution of one small program, and a progress that remembers, to try installations in a second."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kubeglass.engines.engine import Distribution, GoBuild, Release, Tool
from kubeglass.engines.install.progress import Phase, Progress
from kubeglass.engines.platform import Platform

VERSION = "1.2.3"


def write_program(path: Path, version: str = VERSION, parts: str = "") -> Path:
    """Write a program that answers ``--version`` and lists its parts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo "gadget version {version}"; else echo "{parts}"; fi\n'
    )
    path.chmod(0o755)
    return path


def make_elf(platform: Platform) -> bytes:
    """Make the header of a program for Linux, which starts nowhere."""
    machine = {"amd64": 62, "arm64": 183}[platform.arch]
    return b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HHI", 2, machine, 1).ljust(48, b"\0")


def make_distribution(
    *, releases: Mapping[str, Release] | None = None, build: GoBuild | None = None, name: str = "gadget"
) -> Distribution:
    """Make a distribution that brings one program, ``gadget``."""
    return Distribution(
        name=name,
        title="Gadget",
        version=VERSION,
        image=f"example/gadget:{VERSION}",
        binaries=("gadget",),
        releases=releases,
        build=build,
    )


def make_tool(distribution: Distribution | None = None, parts: tuple[str, ...] = ()) -> Tool:
    """Make the tool ``gadget``, also known as ``gizmo``."""
    return Tool(
        name="gadget",
        distribution=distribution or make_distribution(),
        commands=("gadget", "gizmo"),
        probe=("parts",) if parts else (),
        parts=parts,
    )


def write_go_module(folder: Path, version: str = VERSION) -> GoBuild:
    """Write a Go program without dependencies, and say how to build it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text("module kubeglass/gadget\n\ngo 1.21\n")
    (folder / "go.sum").write_text("")
    # The builtin println keeps the build small: no package but the runtime's is compiled.
    (folder / "main.go").write_text(f'package main\n\nfunc main() {{ println("gadget version {version}") }}\n')
    return GoBuild(
        sources=folder,
        packages=(".",),
        tags="netgo",
        ldflags="-s -w",
        usual_seconds=5,
        modules=1,
        compiled_packages=60,
        modules_gib=0.01,
        cache_gib=0.1,
    )


@dataclass
class Diary(Progress):
    """Progress that keeps what it hears."""

    steps: list[tuple[str, Phase, str, float | None]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def step(
        self,
        name: str,
        phase: Phase,
        detail: str = "",
        *,
        fraction: float | None = None,
        expected_seconds: float | None = None,
    ) -> None:
        self.steps.append((name, phase, detail, fraction))

    def note(self, name: str, text: str) -> None:
        self.notes.append(f"{name}: {text}")

    def phases(self) -> list[Phase]:
        """The phases in order, each once in a row."""
        phases: list[Phase] = []
        for _, phase, _, _ in self.steps:
            if not phases or phases[-1] is not phase:
                phases.append(phase)
        return phases
