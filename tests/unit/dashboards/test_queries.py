"""The queries of a dashboard's panels, filled in."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.dashboards.queries import PanelQuery, fill, panel_queries


def dashboard(expr: str, **more: Any) -> dict[str, Any]:
    target = {"refId": "A", "expr": expr}
    return {"panels": [{"id": 1, "title": "P", "targets": [target]}], "time": {"from": "now-30m", "to": "now"}} | more


def only_expr(document: dict[str, Any], scrape_interval: float = 5.0) -> str:
    (query,) = panel_queries(document, scrape_interval=scrape_interval)
    return query.expr


def test_every_query_is_listed_with_its_panel() -> None:
    document = {
        "panels": [
            {"id": 1, "title": "Two", "targets": [{"refId": "A", "expr": "a"}, {"refId": "B", "expr": "b"}]},
            {"id": 2, "title": "Words", "type": "text"},
            {"id": 3, "title": "Row", "type": "row", "panels": [{"id": 4, "title": "In", "targets": [{"expr": "c"}]}]},
            {"id": 5, "title": "Off", "targets": [{"refId": "A", "expr": "d", "hide": True}]},
            {"id": 6, "title": "Sum", "targets": [{"refId": "A", "type": "math"}]},
        ]
    }

    expected = [PanelQuery("Two", "a"), PanelQuery("Two", "b"), PanelQuery("In", "c")]

    assert panel_queries(document, scrape_interval=1.0) == expected


@pytest.mark.parametrize("reference", ["$job", "${job}", "${job:regex}", "[[job]]"])
def test_variable_with_all_becomes_its_all_value_or_anything(reference: str) -> None:
    expr = f'up{{job=~"{reference}"}}'

    for all_value, expected in ((None, ".*"), (".+", ".+")):
        variables = {"list": [{"name": "job", "type": "query", "includeAll": True, "allValue": all_value}]}

        assert only_expr(dashboard(expr, templating=variables)) == f'up{{job=~"{expected}"}}'


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ({"type": "query", "current": {"value": "shop"}}, "shop"),
        ({"type": "query", "current": {"value": ["shop", "blog"]}}, "shop|blog"),
        ({"type": "query", "current": {}}, ".*"),
        ({"type": "constant", "query": "5"}, "5"),
        ({"type": "custom", "query": "1,2,3"}, "1"),
    ],
)
def test_variable_without_all_takes_its_value(variable: dict[str, Any], value: str) -> None:
    document = dashboard("$x", templating={"list": [{"name": "x", **variable}]})

    assert only_expr(document) == value


@pytest.mark.parametrize(
    ("macro", "value"),
    [
        ("$__rate_interval", "20s"),
        ("${__rate_interval}", "20s"),
        ("$__interval", "5s"),
        ("$__interval_ms", "5000"),
        ("$__range", "30m"),
        ("$__range_s", "1800"),
    ],
)
def test_built_in_variables_follow_from_interval_and_range(macro: str, value: str) -> None:
    assert only_expr(dashboard(f"rate(a[{macro}])")) == f"rate(a[{value}])"


def test_longer_name_is_not_taken_for_a_shorter_one() -> None:
    assert fill("$job_name $job ${jobs}", {"job": "shop"}) == "$job_name shop ${jobs}"


def test_end_of_line_anchor_is_no_variable() -> None:
    assert fill('up{job=~"^shop$"}', {"shop": "x"}) == 'up{job=~"^shop$"}'
