"""Each kind of panel on real data."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import open_window
from tests.browser.dashboard import Dashboard
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser

KINDS = {
    "timeseries": "Requests per second",
    "stat": "App status",
    "bargauge": "Distribution",
    "gauge": "Error ratio",
    "table": "Endpoints",
    "heatmap": "Latency",
    "piechart": "Status codes",
    "text": "About",
}


@pytest.fixture(scope="module")
def kinds(browser: Browser, stack: Stack) -> Iterator[Dashboard]:
    """The page with a panel of each kind, opened once for tests that only look at it."""
    with open_window(browser) as page:
        dashboard = Dashboard(page, stack.url)
        dashboard.open("/d/kinds")
        yield dashboard


def test_every_kind_is_drawn_and_the_browser_has_nothing_to_complain_about(kinds: Dashboard) -> None:
    for kind, title in KINDS.items():
        kinds.expect_state(title, "done")
        expect(kinds.panel(title)).to_have_attribute("data-panel-kind", kind)
    assert kinds.complaints == []
    assert kinds.violations() == []


def test_a_time_series_has_lines_and_a_legend(kinds: Dashboard) -> None:
    assert _painted_pixels(kinds, "Requests per second") > 0
    kinds.expect_series("Requests per second", ["/", "/cart", "/products/<int:id>"])


def test_a_stat_says_up_and_down_by_value(kinds: Dashboard) -> None:
    status = kinds.panel("App status")
    expect(status.get_by_text("Up", exact=True)).to_be_visible()
    expect(status.get_by_text("Down", exact=True)).to_be_visible()


def test_a_bar_gauge_has_a_bar_for_each_endpoint(kinds: Dashboard) -> None:
    bars = kinds.panel("Distribution").get_by_test_id(re.compile("Bar gauge value"))
    expect(bars).to_have_count(3)


def test_a_gauge_shows_its_value_inside_the_dial(kinds: Dashboard) -> None:
    expect(kinds.panel("Error ratio").locator("svg text").first).to_have_text(re.compile(r"^\d+(\.\d+)?%$"))


def test_a_table_has_the_columns_the_transformation_leaves(kinds: Dashboard) -> None:
    table = kinds.panel("Endpoints")
    expect(table.get_by_role("columnheader")).to_have_text(["endpoint", "Rate"])
    expect(table.get_by_role("gridcell", name="/cart", exact=True)).to_be_visible()


def test_a_heatmap_has_cells_and_a_colour_scale(kinds: Dashboard) -> None:
    assert _painted_pixels(kinds, "Latency") > 0
    expect(kinds.panel("Latency").get_by_text(re.compile(r"^\d")).last).to_be_visible()


def test_a_pie_has_a_slice_and_a_share_for_each_status(kinds: Dashboard) -> None:
    pie = kinds.panel("Status codes")
    expect(pie.locator("svg[role=img] path")).to_have_count(3)
    kinds.expect_series("Status codes", ["200", "404", "500"])
    expect(pie.get_by_text(re.compile(r"^\s*\d+%$"))).to_have_count(3)


def test_text_is_rendered_with_variables_and_without_scripts(kinds: Dashboard) -> None:
    about = kinds.panel("About")
    expect(about.locator("strong")).to_have_text("Endpoints")
    expect(about).to_contain_text("of app")
    assert kinds.page.evaluate("window.broken") is None


def test_a_tooltip_lists_the_values_under_the_pointer(kinds: Dashboard) -> None:
    for title in ("Requests per second", "Latency"):
        box = kinds.panel(title).locator(".u-over").bounding_box()
        assert box is not None
        kinds.page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] * 0.6)
        expect(kinds.page.get_by_test_id(re.compile("VizTooltipWrapper|viz-tooltip", re.IGNORECASE))).to_be_visible()


def _painted_pixels(dashboard: Dashboard, title: str) -> int:
    """Count pixels of the panel's canvas that have a colour and are not grey, as axes are."""
    canvas = dashboard.panel(title).locator("canvas").first
    pixels: int = canvas.evaluate(
        """(canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let count = 0;
          for (let i = 0; i < data.length; i += 4) {
            const rgb = data.slice(i, i + 3);
            if (data[i + 3] > 0 && Math.max(...rgb) - Math.min(...rgb) > 60) count += 1;
          }
          return count;
        }"""
    )
    return pixels
