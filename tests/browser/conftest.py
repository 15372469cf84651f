"""The shipped page in a real browser, on real data."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.dashboard import Dashboard
from tests.browser.stack import Stack, find_free_ports

FIND = Path(__file__).resolve().parents[2] / "tools" / "chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

# A busy machine takes its time; what is waited for is a condition all the same.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own browser; without one the test fails and says so."""
    found = subprocess.run([FIND, "--find"], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh browser window that remembers nothing."""
    with open_window(browser) as page:
        yield page


@contextmanager
def open_window(browser: Browser) -> Iterator[Page]:
    """Open a browser window that remembers nothing."""
    with browser.new_context(viewport={"width": 1400, "height": 1000}) as context:
        context.set_default_timeout(20_000)
        yield context.new_page()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, prometheus_binary: Path) -> Iterator[Stack]:
    """App, Prometheus and page server, shared by tests that leave them alone."""
    yield from _running(tmp_path_factory.mktemp("stack"), prometheus_binary)


@pytest.fixture(scope="module")
def disturbed_stack(tmp_path_factory: pytest.TempPathFactory, prometheus_binary: Path) -> Iterator[Stack]:
    """The same for tests that take parts of it away and bring them back."""
    yield from _running(tmp_path_factory.mktemp("disturbed"), prometheus_binary)


@pytest.fixture
def own_stack(disturbed_stack: Stack) -> Stack:
    """What the test before it disturbed, once it is well again."""
    disturbed_stack.wait_for_rates()
    return disturbed_stack


@pytest.fixture
def dashboard(page: Page, stack: Stack) -> Dashboard:
    """The page on the shared stack, nothing opened yet."""
    return Dashboard(page, stack.url)


def _running(folder: Path, prometheus: Path) -> Iterator[Stack]:
    stack = Stack(folder, prometheus, find_free_ports(3))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop_all()
