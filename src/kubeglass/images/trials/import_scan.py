"""Reads which packages an app imports after its start, such as in a view, where importing it once shows nothing."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path


def list_missing_imports(folder: Path, module: str, is_available: Callable[[str], bool]) -> list[str]:
    """Return the imports of packages that the image lacks, each with its place, such as ``views.py:7 imports pandas``.

    Only files that ``module`` leads to are read. Imports under a condition, or in a ``try``, may be meant to fail.

    Args:
        folder: the app's source.
        module: the app's module.
        is_available: whether the image has a top-level module that is not in the source.
    """
    waiting, seen, missing = _list_prefixes(module), set[Path](), list[str]()
    while waiting:
        path = _find(folder, waiting.pop())
        if path is None or path in seen:
            continue
        seen.add(path)
        for line, name in _read_imports(path, folder):
            top = name.partition(".")[0]
            if _is_own(folder, top):
                waiting += _list_prefixes(name)
            elif not is_available(top):
                missing.append(f"{path.relative_to(folder)}:{line} imports {top}")
    return sorted(missing)


def _is_own(folder: Path, top: str) -> bool:
    return (folder / top).is_dir() or (folder / f"{top}.py").is_file()


def _find(folder: Path, name: str) -> Path | None:
    place = folder.joinpath(*name.split("."))
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file()), None)


def _list_prefixes(name: str) -> list[str]:
    """Return the modules that importing ``name`` imports: ``a.b`` imports ``a`` too."""
    words = name.split(".")
    return [".".join(words[: count + 1]) for count in range(len(words))]


def _read_imports(path: Path, folder: Path) -> Iterator[tuple[int, str]]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    package = path.parent.relative_to(folder).parts
    for node in _walk_unconditional(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            start = ".".join([*above, *([node.module] if node.module else [])])
            # A name may itself be a module; otherwise there is no such file.
            yield from ((node.lineno, f"{start}.{alias.name}".strip(".")) for alias in node.names)


def _walk_unconditional(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.If | ast.Try | ast.With):
            yield child
            yield from _walk_unconditional(child)
