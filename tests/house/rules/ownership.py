"""Who may do what: one module prints, one makes HTTP clients, one talks to the cluster, one writes rendered files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from tests.house.house import Source
from tests.house.rule import source_rule

PRINTERS = {"src/kubeglass/cli/output.py", "src/kubeglass/__main__.py"}
PRINTING = (
    "print",
    "sys.stdout.write",
    "sys.stderr.write",
    "typer.echo",
    "typer.secho",
    "click",
    "rich.print",
    "rich.console",
)

HTTP_CLIENTS = "src/kubeglass/http.py"
#: lightkube's connection to a cluster is an httpx2 client.
KUBERNETES_CLIENT = "src/kubeglass/deploy/api/"
HTTP_LIBRARIES = (
    "aiohttp",
    "http.client",
    "httpcore",
    "httpcore2",
    "httpx",
    "httpx2",
    "pycurl",
    "requests",
    "urllib.request",
    "urllib3",
    "websocket",
    "websockets",
)
KUBERNETES_LIBRARIES = ("kr8s", "kubernetes", "lightkube")
#: The library wakes its own metrics server, and has no client library.
SPEAKS_BY_HAND = "src/kubeglass/instrument/"
_REQUEST_LINE = re.compile(r"\bHTTP/1\.[01]\b")

WRITER = "src/kubeglass/render/files.py"
WRITING = ("open", "io.open", "os", "shutil", "tempfile")
WRITING_METHODS = {"open", "write_text", "write_bytes", "mkdir", "touch", "unlink", "rename", "symlink_to"}

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "stuff"}


@source_rule(
    {"src/kubeglass/model/planted.py": "print('x')"},
    {"src/kubeglass/model/planted.py": "say = print\nsay('x')"},
    {"src/kubeglass/model/planted.py": "import sys as system\nsystem.stdout.write('x')"},
    {"src/kubeglass/model/planted.py": "from sys import stderr as e\ne.write('x')"},
    {"src/kubeglass/cli/planted.py": "from typer import echo as say\nsay('x')"},
    {"src/kubeglass/cli/planted.py": "import click\nclick.echo('x')"},
    {"src/kubeglass/cli/planted.py": "from rich.console import Console\nConsole().print('x')"},
)
def one_module_prints(source: Source) -> Iterator[int]:
    return _mentions(source, PRINTING) if source.path not in PRINTERS else iter(())


@source_rule(
    {"src/kubeglass/deploy/planted.py": "import httpx2 as h"},
    {"src/kubeglass/deploy/planted.py": "def f():\n    from httpx2 import Client as C"},
    {"src/kubeglass/engines/install/planted.py": "from urllib.request import urlopen"},
    {"src/kubeglass/engines/install/planted.py": "from urllib import request as r"},
    {"src/kubeglass/engines/install/planted.py": "import urllib\nurllib.request.urlopen('x')"},
    {"src/kubeglass/supervise/planted.py": "import http.client"},
    {"src/kubeglass/supervise/planted.py": "from http import client"},
    {"src/kubeglass/observe/planted.py": "import requests"},
    {"src/kubeglass/viewer/planted.py": "import aiohttp.client as a"},
    {"src/kubeglass/viewer/planted.py": "import importlib\nimportlib.import_module('httpx')"},
    {"src/kubeglass/viewer/planted.py": "h = __import__('httpcore2')"},
)
def one_module_knows_an_http_library(source: Source) -> Iterator[int]:
    known = source.path == HTTP_CLIENTS or source.path.startswith(KUBERNETES_CLIENT)
    return _mentions(source, HTTP_LIBRARIES) if not known else iter(())


@source_rule(
    {"src/kubeglass/observe/planted.py": "from kubeglass.http import Client\nClient()"},
    {"src/kubeglass/observe/planted.py": "from kubeglass import http as h\nh.AsyncClient()"},
    {"src/kubeglass/deploy/api/planted.py": "import httpx2 as h\nh.Client()"},
    {"src/kubeglass/deploy/api/planted.py": "from httpx2 import get\nget('x')"},
)
def one_module_makes_http_clients(source: Source) -> Iterator[int]:
    makers = {f"{library}.{name}" for library in (*HTTP_LIBRARIES, "kubeglass.http") for name in _MAKERS}
    return (line for line, name in source.calls if name in makers and source.path != HTTP_CLIENTS)


_MAKERS = ("AsyncClient", "Client", "delete", "get", "head", "options", "patch", "post", "put", "request", "stream")


@source_rule(
    {"src/kubeglass/supervise/planted.py": "import socket\nsocket.socket().sendall(b'GET / HTTP/1.1\\r\\n')"},
    {"src/kubeglass/supervise/planted.py": "send(f'POST {path} HTTP/1.0')"},
)
def nobody_speaks_http_by_hand(source: Source) -> Iterator[int]:
    if source.path.startswith(SPEAKS_BY_HAND):
        return
    docstrings = _docstrings(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and node not in docstrings:
            text = node.value.decode("latin-1") if isinstance(node.value, bytes) else str(node.value)
            if _REQUEST_LINE.search(text):
                yield node.lineno


@source_rule(
    {"src/kubeglass/supervise/planted.py": "import lightkube as k"},
    {"src/kubeglass/observe/planted.py": "from kubernetes import client"},
    {"src/kubeglass/deploy/rollout/planted.py": "from lightkube.config import client_adapter"},
)
def one_room_talks_to_the_cluster(source: Source) -> Iterator[int]:
    return _mentions(source, KUBERNETES_LIBRARIES) if not source.path.startswith(KUBERNETES_CLIENT) else iter(())


@source_rule(
    {"src/kubeglass/render/planted.py": "open('x', 'w')"},
    {"src/kubeglass/render/planted.py": "from pathlib import Path as P\nP('x').write_text('y')"},
    {"src/kubeglass/render/grafana/planted.py": "write = path.write_bytes\nwrite(b'')"},
    {"src/kubeglass/render/planted.py": "from os import replace as move\nmove('a', 'b')"},
    {"src/kubeglass/render/planted.py": "import shutil"},
)
def one_module_writes_rendered_files(source: Source) -> Iterator[int]:
    if source.path.startswith("src/kubeglass/render/") and source.path != WRITER:
        yield from _mentions(source, WRITING)
        yield from (
            node.lineno
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Attribute) and node.attr in WRITING_METHODS
        )


@source_rule(
    {"src/kubeglass/model/utils.py": ""},
    {"tools/common/names.py": ""},
    {"src/kubeglass/cli/_helpers.py": ""},
    folders=("src", "examples", "tools", "benchmarks"),
)
def a_module_is_named_for_what_it_does(source: Source) -> Iterable[str]:
    folders, name = source.path.split("/")[:-1], source.path.split("/")[-1]
    return {part.strip("_") for part in (*folders, name.removesuffix(".py"))} & VAGUE_NAMES


def _mentions(source: Source, names: tuple[str, ...]) -> Iterator[int]:
    prefixes = tuple(f"{name}." for name in names)
    return (line for line, full in source.references if f"{full}.".startswith(prefixes))


def _docstrings(source: Source) -> set[ast.expr]:
    return {
        node.body[0].value
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
