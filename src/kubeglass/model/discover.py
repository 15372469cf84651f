"""Finds a Flask application by reading its source; importing it could have side effects."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

#: Where Flask's documentation and users put an application, most likely first.
FILES = ("app.py", "wsgi.py", "main.py", "application.py", "server.py", "run.py", "api.py", "web.py")
FACTORIES = ("create_app", "make_app", "build_app", "get_app")
#: Most packages that are searched.
MOST_PACKAGES = 50
_SKIPPED = frozenset({"tests", "test", "docs", "node_modules", "venv", "env", "build", "dist", "site-packages"})


def find_module(folder: Path) -> str | None:
    """Find the application below ``folder``.

    Returns:
        The value of ``module`` in kubeglass.yaml, such as ``shop:app`` or ``shop:create_app()``; None if no file in
        the usual places creates a Flask application.
    """
    for path, module in _candidates(folder):
        name = _application_name(path)
        if name is not None:
            return f"{module}:{name}"
    return None


def _candidates(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield files that may contain the application, each with its import name."""
    for name in FILES:
        yield folder / name, Path(name).stem
    packages = sorted(path.parent for path in folder.glob("*/__init__.py") if path.parent.name not in _SKIPPED)
    for package in packages[:MOST_PACKAGES]:
        if package.name.isidentifier():
            yield package / "__init__.py", package.name
            for name in FILES:
                yield package / name, f"{package.name}.{Path(name).stem}"


def _application_name(path: Path) -> str | None:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return None
    makers = _names_of_flask(tree)
    factory = _find_factory(tree, makers)
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            called = ast.unparse(node.value.func)
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if isinstance(targets[0], ast.Name) and (called in makers or called in FACTORIES):
                return targets[0].id
    return f"{factory}()" if factory else None


def _names_of_flask(tree: ast.Module) -> frozenset[str]:
    """Return the names of the class in this file: ``Flask``, ``flask.Flask``, or an alias of either."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "flask":
            names |= {alias.asname or alias.name for alias in node.names if alias.name == "Flask"}
        elif isinstance(node, ast.Import):
            names |= {f"{alias.asname or alias.name}.Flask" for alias in node.names if alias.name == "flask"}
    return frozenset(names)


def _find_factory(tree: ast.Module, makers: frozenset[str]) -> str | None:
    """Find an application factory that needs no arguments."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in FACTORIES and _needs_nothing(node.args):
            calls = {ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
            if calls & makers:
                return node.name
    return None


def _needs_nothing(arguments: ast.arguments) -> bool:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    return positional == len(arguments.defaults) and all(default is not None for default in arguments.kw_defaults)
