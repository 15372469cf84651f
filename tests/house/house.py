"""The repository as the house rules see it: its files, with planted ones on top."""

from __future__ import annotations

import ast
import builtins
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Folders of the Python that people run.
PRODUCT = ("src", "examples", "tools", "benchmarks")

IMPORTING = {"__import__", "importlib.import_module"}


@dataclass(frozen=True)
class Source:
    """One Python module.

    Args:
        path: relative to the repository.
        text: its content.
    """

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed module."""
        return ast.parse(self.text)

    @cached_property
    def references(self) -> tuple[tuple[int, str], ...]:
        """Line and full name of everything the module imports or mentions, whatever it is called there."""
        return tuple(_find_references(self.tree, _names_of_imports(self.tree)))

    @cached_property
    def calls(self) -> tuple[tuple[int, str], ...]:
        """Line and full name of every function that the module calls."""
        imported = _names_of_imports(self.tree)
        return tuple(
            (node.lineno, _full_name(node.func, imported)) for node in ast.walk(self.tree) if isinstance(node, ast.Call)
        )

    @property
    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@dataclass(frozen=True)
class House:
    """The repository's files.

    Args:
        planted: path to content of files that stand in for the real ones, or beside them.
        alone: whether there are no others.
    """

    planted: Mapping[str, str] = field(default_factory=dict)
    alone: bool = False

    @property
    def paths(self) -> list[str]:
        """Every file's path, relative to the repository."""
        return sorted({*(() if self.alone else _tracked()), *self.planted})

    def text(self, path: str) -> str:
        """Return a file's content."""
        return self.planted[path] if path in self.planted else (ROOT / path).read_text(errors="replace")

    def sources(self, *folders: str) -> list[Source]:
        """Parse the Python modules below the folders."""
        return [
            _source(path, self.text(path))
            for path in self.paths
            if path.endswith(".py") and any(path.startswith(f"{folder}/") for folder in folders)
        ]


@cache
def _source(path: str, text: str) -> Source:
    return Source(path, text)


@cache
def _tracked() -> tuple[str, ...]:
    """Every file that belongs to the repository: tracked, or new and not ignored."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def _names_of_imports(tree: ast.Module) -> dict[str, str]:
    """Map each name that an import binds to what it stands for."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                names[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: _origin(node, alias) for alias in node.names}
    return names


def _origin(node: ast.ImportFrom, alias: ast.alias) -> str:
    return ".".join([*("" for _ in range(node.level)), node.module or "", alias.name])


def _full_name(node: ast.expr, imported: Mapping[str, str]) -> str:
    """Name what an expression stands for; empty at the root if that is neither imported nor built in."""
    if isinstance(node, ast.Attribute):
        return f"{_full_name(node.value, imported)}.{node.attr}"
    if not isinstance(node, ast.Name):
        return ""
    return imported.get(node.id, node.id if hasattr(builtins, node.id) else "")


def _find_references(tree: ast.Module, imported: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, _origin(node, alias)) for alias in node.names)
        elif isinstance(node, ast.Name | ast.Attribute):
            yield node.lineno, _full_name(node, imported)
        elif isinstance(node, ast.Call) and _full_name(node.func, imported) in IMPORTING:
            constants = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            yield from ((node.lineno, value) for value in constants if isinstance(value, str))
