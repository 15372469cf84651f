"""Variables, time, refresh, theme and the address that keeps them."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard import Dashboard

pytestmark = pytest.mark.browser


def _query(dashboard: Dashboard) -> dict[str, list[str]]:
    return parse_qs(urlsplit(dashboard.page.url).query)


def test_the_root_leads_to_the_first_dashboard(dashboard: Dashboard) -> None:
    dashboard.open("/")

    expect(dashboard.page).to_have_url(re.compile("/d/kinds"))
    expect(dashboard.page).to_have_title("All kinds - kubeglass")


def test_a_variable_filters_the_panels(dashboard: Dashboard) -> None:
    dashboard.open("/d/kinds?var-endpoint=/cart")

    dashboard.expect_series("Requests per second", ["/cart"])


def test_values_with_special_characters_and_several_values_filter_too(dashboard: Dashboard) -> None:
    dashboard.open("/d/kinds?var-endpoint=/&var-endpoint=/products/<int:id>")

    dashboard.expect_series("Requests per second", ["/", "/products/<int:id>"])


def test_a_reader_chooses_a_value_and_the_panels_follow(dashboard: Dashboard) -> None:
    dashboard.open("/d/kinds")

    dashboard.page.get_by_label("Endpoint", exact=True).click()
    dashboard.page.get_by_role("option", name="/cart", exact=True).click()
    dashboard.page.keyboard.press("Tab")

    dashboard.expect_series("Requests per second", ["/cart"])
    assert _query(dashboard)["var-endpoint"] == ["/cart"]


def test_time_refresh_and_variables_survive_a_reload(dashboard: Dashboard) -> None:
    dashboard.open("/d/kinds?var-endpoint=/cart")
    page = dashboard.page

    page.get_by_test_id(re.compile("TimePicker Open Button")).click()
    page.get_by_text("Last 15 minutes", exact=True).click()
    expect(page).to_have_url(re.compile("from=now-15m"))
    page.get_by_test_id(re.compile("RefreshPicker interval button")).click()
    page.get_by_role("menuitemradio").filter(has_text=re.compile("^10s$")).click()
    expect(page).to_have_url(re.compile("refresh=10s"))
    before = _query(dashboard)
    page.reload()
    dashboard.wait_until_ready()

    assert _query(dashboard) == before
    assert (before["from"], before["refresh"], before["var-endpoint"]) == (["now-15m"], ["10s"], ["/cart"])
    expect(page.get_by_test_id(re.compile("TimePicker Open Button"))).to_contain_text("Last 15 minutes")
    dashboard.expect_series("Requests per second", ["/cart"])


def test_panels_refresh_by_themselves(dashboard: Dashboard) -> None:
    dashboard.open("/d/odd?refresh=1s")

    for _ in range(3):
        with dashboard.page.expect_response(re.compile("/query_range$")):
            pass


def test_another_dashboard_is_one_choice_away(dashboard: Dashboard) -> None:
    dashboard.open("/d/kinds?from=now-10m&to=now")

    dashboard.page.get_by_test_id("dashboard-picker").get_by_role("combobox").click()
    dashboard.page.get_by_role("option", name="Odd ones").click()

    dashboard.expect_state("Healthy", "done")
    assert _query(dashboard)["from"] == ["now-10m"]


def test_the_theme_switches_and_is_remembered(dashboard: Dashboard) -> None:
    dashboard.open("/d/kinds")
    html = dashboard.page.locator("html")
    expect(html).to_have_attribute("data-theme", "dark")

    dashboard.page.get_by_test_id("theme-switch").click()
    expect(html).to_have_attribute("data-theme", "light")
    dashboard.expect_state("Requests per second", "done")
    dashboard.page.reload()
    dashboard.wait_until_ready()

    expect(html).to_have_attribute("data-theme", "light")
    expect(dashboard.panel("Latency").locator("section").first).to_have_css("background-color", "rgb(255, 255, 255)")


def test_the_address_may_name_a_theme(dashboard: Dashboard) -> None:
    dashboard.open("/d/odd?theme=light")

    expect(dashboard.page.locator("html")).to_have_attribute("data-theme", "light")
