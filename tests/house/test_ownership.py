"""One room prints, one makes HTTP clients, one writes rendered files, and names say what a room is for."""

from __future__ import annotations

import ast

from tests.house.tree import package_sources

#: The only modules allowed to do it, by what they do.
PRINTERS = {"src/kubeglass/cli/output.py", "src/kubeglass/__main__.py"}
PRINTING = {"print", "sys.stdout.write", "sys.stderr.write", "typer.echo", "click.echo"}
#: The connection to a cluster is lightkube's, an httpx2 client.
HTTP_MODULES = {"src/kubeglass/http.py", "src/kubeglass/deploy/api/cluster.py"}
HTTP_LIBRARIES = (
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "requests",
    "aiohttp",
    "urllib3",
    "urllib.request",
    "http.client",
)
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


def test_only_one_module_knows_an_http_library() -> None:
    knowing = {
        source.name for source in SOURCES if any(_is_http_library(name) for name in source.imports)
    } - HTTP_MODULES

    assert knowing == set()


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
        if source.name.startswith("src/kubeglass/render/") and source.path.name != "files.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and _called_name(node) in {"open", "write_text", "write_bytes", "mkdir"}
    ]

    assert writers == []


def _called_name(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_http_library(name: str) -> bool:
    return any(name == library or name.startswith(f"{library}.") for library in HTTP_LIBRARIES)
