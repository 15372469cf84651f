"""The shipped overview on the real demo: every panel drawn, in both themes, and nothing to complain about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.dashboard import Dashboard
from tests.cli.runs import assert_nothing_left, foreground, wait_until_up
from tools.overview_pictures import open_whole

pytestmark = [pytest.mark.browser, pytest.mark.engines]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo's page."""
    folder = tmp_path_factory.mktemp("demo")
    with foreground(folder, "--demo"):
        yield str(wait_until_up(folder)["addresses"]["page"])
    assert_nothing_left(folder)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_panel_of_the_overview_is_empty(browser: Browser, demo: str, theme: str) -> None:
    with browser.new_context() as context:
        dashboard = Dashboard(context.new_page(), demo)

        open_whole(dashboard.page, demo, theme)

        panels = dashboard.page.locator('[data-testid="panel"]')
        states = {
            panel.get_attribute("data-panel-title"): panel.get_attribute("data-panel-state") for panel in panels.all()
        }
        expect(dashboard.page.locator("html")).to_have_attribute("data-theme", theme)
        assert len(states) > 15
        assert {title for title, state in states.items() if state != "done"} == set()
        assert dashboard.complaints == []
        assert dashboard.violations() == []
