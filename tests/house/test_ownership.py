"""One room prints, one makes HTTP clients, one writes rendered files, and names say what a room is for."""

from __future__ import annotations

import ast

import pytest

from tests.house.tree import Source, package_sources

#: The only modules allowed to do it, by what they do.
PRINTERS = {"src/kubeglass/cli/output.py", "src/kubeglass/__main__.py"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "stuff"}

SOURCES = package_sources()


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_only_the_output_room_prints(source: Source) -> None:
    prints = [ast.unparse(node) for node in ast.walk(source.tree) if _is_print(node)]

    assert prints == [] or source.name in PRINTERS


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_only_observe_knows_the_http_library(source: Source) -> None:
    imports_httpx = any(name.split(".")[0] == "httpx" for name in source.imports)

    assert not imports_httpx or source.name.startswith(("src/kubeglass/observe/", "src/kubeglass/viewer/"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_http_clients_are_made_by_one_factory(source: Source) -> None:
    makers = {"Client", "AsyncClient", "get", "post", "request", "stream"}
    made = [
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "httpx"
        and node.func.attr in makers
    ]

    assert made == [] or source.name == "src/kubeglass/observe/http.py"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_room_is_named_for_what_it_does(source: Source) -> None:
    assert source.path.stem.lstrip("_") not in VAGUE_NAMES
    assert source.path.parent.name not in VAGUE_NAMES


def test_renderers_return_files_and_never_write_them() -> None:
    writers = [
        f"{source.name}:{node.lineno}"
        for source in SOURCES
        if source.name.startswith("src/kubeglass/render/") and source.path.name != "write.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and _called_name(node) in {"open", "write_text", "write_bytes", "mkdir"}
    ]

    assert writers == []


def _is_print(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    return ast.unparse(node.func) in {"print", "sys.stdout.write", "sys.stderr.write", "typer.echo", "click.echo"}


def _called_name(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
