"""What tests of every room may ask for: the real engines, through the product's own installer, and free ports."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from kubeglass.engines.install.resolve import resolve
from kubeglass.engines.registry import OTELCOL, PROMETHEUS, PROMTOOL

# A busy machine stops any test for longer than Hypothesis's 200 ms.
settings.register_profile("kubeglass", deadline=None)
settings.load_profile("kubeglass")


def pytest_configure() -> None:
    """Take Ctrl-C even when started in the background of a shell, which has it ignored.

    What is ignored stays ignored in every program the tests start, and many of them are ended by it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end."""
    items.sort(key=_come_late)


def _come_late(item: pytest.Item) -> tuple[float, bool, bool]:
    timeout = item.get_closest_marker("timeout")
    # Tests of real engines mostly wait: side by side with the rest they cost the least time.
    return -timeout.args[0] if timeout else 0.0, item.get_closest_marker("engines") is None, "unit" in item.path.parts


@pytest.fixture(scope="session")
def otelcol_binary() -> Path:
    """The real collector; a test that asks for it gets it or fails."""
    return resolve(OTELCOL).path


@pytest.fixture(scope="session")
def prometheus_binary() -> Path:
    """The real Prometheus."""
    return resolve(PROMETHEUS).path


@pytest.fixture(scope="session")
def promtool_binary() -> Path:
    """The real promtool."""
    return resolve(PROMTOOL).path


@pytest.fixture
def free_ports() -> Callable[[int], list[int]]:
    """Give that many different TCP ports of 127.0.0.1 that nobody listens on."""
    return _find_free_ports


@pytest.fixture
def free_port() -> int:
    """One TCP port of 127.0.0.1 that nobody listens on."""
    return _find_free_ports(1)[0]


def _find_free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
