"""Real servers for the library's tests; those of one kind share a server, and servers start together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.library.server import KINDS, Gunicorn, Server

StartGunicorn = Callable[..., Any]


@contextmanager
def running(folder: Path) -> Iterator[StartGunicorn]:
    """Give a function that starts gunicorns or others, which end with the block; wait for each with its ``wait``."""
    started: list[Server] = []

    def start(name: str, *options: str, server: Callable[..., Server] = Gunicorn, **more: object) -> Any:
        started.append(server(folder / name, *options, **more))
        return started[-1]

    try:
        yield start
    finally:
        for server in started:
            server.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartGunicorn]:
    """Start gunicorns that end with the test."""
    with running(tmp_path) as start_one:
        yield start_one


@pytest.fixture(scope="module")
def start_shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartGunicorn]:
    """Start gunicorns that end with the module."""
    with running(tmp_path_factory.mktemp("servers")) as start_one:
        yield start_one


@pytest.fixture(scope="module")
def servers(request: pytest.FixtureRequest, start_shared: StartGunicorn) -> dict[str, Gunicorn]:
    """A server of every worker model, with and without the application loaded before the workers begin.

    Not of those that none of the chosen tests asks for.
    """
    asked = {item.callspec.params.get("server") for item in request.session.items if hasattr(item, "callspec")}
    started = {kind: start_shared(kind, *options, "--workers=2") for kind, options in KINDS.items() if kind in asked}
    for server in started.values():
        server.wait()
        server.wait_for_workers(2)
    return started


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, servers: dict[str, Gunicorn]) -> Gunicorn:
    """One server after the other."""
    return servers[request.param]
