"""What the house tests read: the tracked sources, parsed once."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "kubeglass"


@dataclass(frozen=True, slots=True)
class Source:
    """One Python module of the repository."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The path a reader would click on, relative to the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def imports(self) -> set[str]:
        """Every module named by an import statement."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
        return found


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that belongs to the repository: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


@cache
def product_sources() -> tuple[Source, ...]:
    """Parse the modules people run: the package, the examples, the tools and the benchmarks."""
    folders = ("src", "examples", "tools", "benchmarks")
    return tuple(
        Source(path, path.read_text(), ast.parse(path.read_text()))
        for path in tracked_files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders
    )


def package_sources() -> tuple[Source, ...]:
    """Parse the modules of the package alone."""
    return tuple(source for source in product_sources() if PACKAGE in source.path.parents)
