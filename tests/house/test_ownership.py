"""One room prints, one makes HTTP clients, one writes rendered files, and names say what a room is for."""

from __future__ import annotations

import ast

from tests.house.tree import package_sources

#: The only modules allowed to do it, by what they do.
PRINTERS = {"src/kubeglass/cli/output.py", "src/kubeglass/__main__.py"}
PRINTING = {"print", "sys.stdout.write", "sys.stderr.write", "typer.echo", "click.echo"}
HTTP_ROOMS = ("src/kubeglass/observe/", "src/kubeglass/viewer/")
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "stuff"}

SOURCES = package_sources()


def test_only_the_output_room_prints() -> None:
    prints = [
        f"{source.name}:{node.lineno}"
        for source in SOURCES
        if source.name not in PRINTERS
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PRINTING
    ]

    assert prints == []


def test_only_observe_knows_the_http_library() -> None:
    knowing = {source.name for source in SOURCES if any(name.split(".")[0] == "httpx" for name in source.imports)}

    assert {name for name in knowing if not name.startswith(HTTP_ROOMS)} == set()


def test_http_clients_are_made_by_one_factory() -> None:
    makers = {f"httpx.{name}" for name in ("Client", "AsyncClient", "get", "post", "request", "stream")}
    made = {
        source.name
        for source in SOURCES
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in makers
    }

    assert made == {"src/kubeglass/observe/http.py"}


def test_a_room_is_named_for_what_it_does() -> None:
    vague = [
        source.name
        for source in SOURCES
        if {source.path.stem.lstrip("_"), source.path.parent.name.lstrip("_")} & VAGUE_NAMES
    ]

    assert vague == []


def test_renderers_return_files_and_never_write_them() -> None:
    writers = [
        f"{source.name}:{node.lineno}"
        for source in SOURCES
        if source.name.startswith("src/kubeglass/render/") and source.path.name != "write.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and _called_name(node) in {"open", "write_text", "write_bytes", "mkdir"}
    ]

    assert writers == []


def _called_name(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
