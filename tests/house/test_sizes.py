"""Rooms stay small: the limits of ARCHITECTURE.md, measured."""

from __future__ import annotations

import ast

from tests.house.tree import ROOT, product_sources, tracked_files

MODULE_LINES = 300
BODY_LINES = 32
CLASS_METHODS = 11
COMMAND_LINES = 120

SOURCES = product_sources()


def test_a_python_module_is_small() -> None:
    large = [source.name for source in SOURCES if len(source.text.splitlines()) > MODULE_LINES]

    assert large == []


def test_a_function_body_fits_on_a_screen() -> None:
    long_bodies = [
        f"{source.name}:{node.lineno} {node.name}: {_body_lines(node)}"
        for source in SOURCES
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _body_lines(node) > BODY_LINES
    ]

    assert long_bodies == []


def test_a_class_has_few_methods() -> None:
    large = [
        f"{source.name}:{node.lineno} {node.name}"
        for source in SOURCES
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        and sum(isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) for child in node.body) > CLASS_METHODS
    ]

    assert large == []


def test_a_command_is_thin() -> None:
    thick = [
        source.name
        for source in SOURCES
        if "cli/commands/" in source.name and len(source.text.splitlines()) > COMMAND_LINES
    ]

    assert thick == []


def test_a_typescript_module_is_small() -> None:
    large = [
        path.relative_to(ROOT).as_posix()
        for path in tracked_files()
        if path.suffix in {".ts", ".tsx"} and len(path.read_text().splitlines()) > MODULE_LINES
    ]

    assert large == []


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
