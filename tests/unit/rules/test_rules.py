"""Rules: every alert has its words and its page, windows follow the scrape interval, names do not depend on order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeglass.model.pipeline import LatencyObjective, Objective, Pipeline, Scrape
from kubeglass.model.sections.app import App
from kubeglass.rules import burn
from kubeglass.rules.registry import ALERTS, rule_groups
from kubeglass.rules.rule import AlertingRule, RecordingRule, Severity

ROOT = Path(__file__).parents[3]

PAGES = Path(__file__).parents[3] / "docs" / "rules"


def pipeline(interval: float = 5.0) -> Pipeline:
    promise = Objective(
        app="shop", availability=99.9, latency=LatencyObjective(threshold=0.25, target=99.0), window=30 * 86400.0
    )
    return Pipeline(
        apps=(App(name="shop", module="shop:app"),), scrape=Scrape(interval=interval), objectives=(promise,)
    )


def alerts(of: Pipeline) -> list[AlertingRule]:
    return [rule for group in rule_groups(of) for rule in group.rules if isinstance(rule, AlertingRule)]


def test_the_registry_names_every_alert() -> None:
    assert {alert.alert for alert in alerts(pipeline())} == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_has_a_page_with_its_headings(name: str) -> None:
    text = (PAGES / f"{name}.md").read_text()

    assert text.startswith(f"# {name}\n")
    assert all(f"## {heading}\n" in text for heading in ("Why it matters", "What to do", "How it is computed"))
    assert f"({name}.md)" in (PAGES / "index.md").read_text()


def test_no_page_is_of_an_alert_that_does_not_exist() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} - {"index"} == set(ALERTS)


def test_every_alert_says_what_is_wrong_and_where_to_read_on() -> None:
    for alert in alerts(pipeline()):
        assert alert.summary
        assert not alert.summary.endswith(".")
        assert alert.description.endswith(".")
        assert (ROOT / alert.runbook).is_file()


def test_without_alerts_only_recordings_remain() -> None:
    quiet = pipeline().model_copy(update={"alerts": pipeline().alerts.model_copy(update={"enabled": False})})

    assert alerts(quiet) == []
    assert [group.name for group in rule_groups(quiet)] == ["red", "budgets", "budgets-slow"]


def test_without_objectives_nothing_looks_back_for_days() -> None:
    plain = Pipeline(apps=(App(name="shop", module="shop:app"),))

    assert [group.name for group in rule_groups(plain)] == ["red", "apps", "collector"]


def test_nobody_misses_an_app_without_replicas() -> None:
    of = Pipeline(apps=(App(name="off", module="a:b", replicas=0), App(name="on", module="a:b")))

    assert [alert.labels["job"] for alert in alerts(of) if alert.alert == "NoData"] == ["on"]


def test_a_promise_of_many_nines_is_told_with_all_of_them() -> None:
    promise = Objective(app="shop", availability=99.99999999)

    (page, _) = [
        alert
        for alert in alerts(pipeline().model_copy(update={"objectives": (promise,)}))
        if alert.alert == "AvailabilityBudgetBurn"
    ]

    assert "; the objective is 99.99999999% over 30d." in page.description


@given(st.sampled_from([0.5, 1.0, 5.0, 15.0, 60.0, 120.0]))
def test_every_recorded_rate_covers_four_scrapes(interval: float) -> None:
    of = pipeline(interval)
    groups = rule_groups(of)

    assert of.alert_window >= 4 * interval
    assert all(window >= 4 * interval for window in burn.windows(of))
    assert all(group.interval >= 5.0 for group in groups)


def test_no_series_is_recorded_twice() -> None:
    names = [
        rule.record for group in rule_groups(pipeline()) for rule in group.rules if isinstance(rule, RecordingRule)
    ]

    assert len(names) == len(set(names))


def test_burn_factors_are_those_of_the_sre_workbook() -> None:
    month = 30 * 86400.0

    assert [round(each.factor(month), 2) for each in burn.BURNS] == [14.4, 6.0, 3.0, 1.0]


def test_a_shorter_period_spends_the_same_share_at_a_lower_pace() -> None:
    week = 7 * 86400.0

    assert [round(each.factor(week), 3) for each in burn.BURNS] == [3.36, 1.4, 0.7, 0.233]


def test_a_loose_promise_still_has_a_threshold_that_can_be_exceeded() -> None:
    text = burn.condition(Severity.PAGE, 50.0, 90 * 86400.0, lambda window: f"ratio{window:.0f}", pipeline())

    assert "> 0.999" in text


def test_objectives_of_an_app_stand_in_files_of_their_own() -> None:
    promises = tuple(
        Objective(app=app, endpoint=f"/items/{number}", availability=99.9)
        for app, count in (("shop", 45), ("shop-2", 1))
        for number in range(count)
    )
    of = pipeline().model_copy(update={"objectives": promises})

    names = [group.name for group in rule_groups(of) if group.name.startswith("objectives")]

    assert names == ["objectives.shop", "objectives.shop.2", "objectives.shop.3", "objectives.shop-2"]


def test_recordings_follow_an_apps_prefix_and_keep_their_names() -> None:
    app = App(name="shop", module="shop:app", metrics_prefix="shop_")
    prefixed = pipeline().model_copy(update={"apps": (app,)})

    def recordings(of: Pipeline) -> dict[str, str]:
        return {r.record: r.expr for g in rule_groups(of) for r in g.rules if isinstance(r, RecordingRule)}

    plain, followed = recordings(pipeline()), recordings(prefixed)

    assert plain.keys() == followed.keys()
    assert followed["job_endpoint:http_requests:rate5m"] == (
        'sum by (job, endpoint) ((rate(http_requests_total{job!~"shop"}[5m])'
        ' or rate(shop_http_requests_total{job=~"shop"}[5m])))'
    )
    assert [name for name in plain if plain[name] != followed[name]] == [
        "job_endpoint:http_requests:rate5m",
        "job_endpoint:http_requests_errors:rate5m",
        "job_endpoint_le:http_request_duration_seconds_bucket:rate5m",
    ]
