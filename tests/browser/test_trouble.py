"""What the page says when something is wrong, and how it comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import open_window
from tests.browser.dashboard import Dashboard
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def odd(browser: Browser, stack: Stack) -> Iterator[Dashboard]:
    """The page with panels that have something wrong, opened once for tests that only look at it."""
    with open_window(browser) as page:
        dashboard = Dashboard(page, stack.url)
        dashboard.open("/d/odd")
        yield dashboard


def test_an_unknown_kind_says_so_and_the_rest_is_drawn(odd: Dashboard) -> None:
    odd.expect_state("Unknown", "unknown")
    expect(odd.panel("Unknown")).to_contain_text('Panel type "flamegraph" is not supported yet')
    expect(odd.panel("Healthy")).to_contain_text("7")


def test_a_failing_query_shows_what_prometheus_says(odd: Dashboard) -> None:
    odd.expect_state("Broken", "error")
    odd.panel("Broken").get_by_test_id(re.compile("Panel status error")).hover()
    expect(odd.page.get_by_role("tooltip")).to_contain_text("parse error")


def test_a_query_without_a_result_shows_no_data(odd: Dashboard) -> None:
    odd.expect_state("Empty", "nodata")
    expect(odd.panel("Empty")).to_contain_text("No data")


def test_a_panel_out_of_view_asks_nothing_until_it_is_scrolled_to(dashboard: Dashboard) -> None:
    dashboard.open("/d/odd")
    assert not any("vector%288%29" in body for body in dashboard.bodies)
    dashboard.expect_state("Far below", "loading")

    dashboard.page.mouse.wheel(0, 10_000)

    dashboard.expect_state("Far below", "done")


def test_an_unknown_dashboard_is_named(dashboard: Dashboard) -> None:
    dashboard.page.goto(f"{dashboard.url}/d/no-such-dashboard")

    expect(dashboard.page.get_by_test_id("page-error")).to_contain_text("no-such-dashboard")


def test_nothing_is_asked_of_another_origin(dashboard: Dashboard) -> None:
    dashboard.open("/d/kinds")

    origins = {urlsplit(url)[:2] for url in dashboard.requests if not url.startswith("data:")}
    assert origins == {urlsplit(dashboard.url)[:2]}


def test_panels_show_that_prometheus_is_gone_and_come_back_with_it(page: Page, own_stack: Stack) -> None:
    dashboard = Dashboard(page, own_stack.url)
    dashboard.open("/d/kinds")

    own_stack.stop("prometheus")
    page.get_by_test_id(re.compile("RefreshPicker run button")).click()
    dashboard.expect_state("Requests per second", "error")
    own_stack.start_prometheus()

    dashboard.expect_state("Requests per second", "done")
    dashboard.expect_state("App status", "done")


def test_a_page_opened_without_prometheus_finds_its_variables_later(page: Page, own_stack: Stack) -> None:
    own_stack.stop("prometheus")
    dashboard = Dashboard(page, own_stack.url)
    dashboard.open("/d/kinds")
    dashboard.expect_state("Requests per second", "error")

    own_stack.start_prometheus()

    dashboard.expect_state("Requests per second", "done")
    page.get_by_label("Endpoint", exact=True).click()
    expect(page.get_by_role("option", name="/cart", exact=True)).to_be_visible()


def test_panels_come_back_after_the_page_server_was_gone(page: Page, own_stack: Stack) -> None:
    dashboard = Dashboard(page, own_stack.url)
    dashboard.open("/d/kinds")

    own_stack.stop("page")
    page.get_by_test_id(re.compile("RefreshPicker run button")).click()
    dashboard.expect_state("Distribution", "error")
    own_stack.start_page_server()

    dashboard.expect_state("Distribution", "done")
