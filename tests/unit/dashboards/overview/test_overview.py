"""The overview: what every panel promises, whatever the pipeline."""

from __future__ import annotations

import json
from typing import Any

import promql_parser
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from kubeglass.dashboards.overview.build import build
from kubeglass.dashboards.queries import panel_queries
from kubeglass.dashboards.registry import DASHBOARDS
from kubeglass.model.pipeline import Pipeline, Scrape
from kubeglass.model.sections.app import App, AppMetric, AppMetricType
from kubeglass.model.sections.dashboards import Dashboards
from tests.unit.dashboards.reading import raw_counters, selectors, series_names

OWN = (
    AppMetric(name="shop_orders_total", type=AppMetricType.COUNTER, title="Orders", by=("payment",)),
    AppMetric(name="shop_order_value_usd", type=AppMetricType.HISTOGRAM, unit="currencyUSD"),
    AppMetric(name="shop_stock_level", type=AppMetricType.GAUGE, by=("product",)),
    AppMetric(name="shop_queue", type=AppMetricType.GAUGE),
)


def pipeline(interval: float = 1.0, metrics: tuple[AppMetric, ...] = OWN, refresh: float = 5.0) -> Pipeline:
    return Pipeline(
        apps=(App(name="shop", module="shop:create_app()", metrics=metrics),),
        scrape=Scrape(interval=interval),
        dashboards=Dashboards(refresh=refresh),
    )


def overview(**given: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(JSONEncoder().encode(build(pipeline(**given))))
    return document


def panels(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {panel["title"]: panel for panel in document["panels"]}


def exprs(document: dict[str, Any], title: str) -> list[str]:
    return [target["expr"] for target in panels(document)[title]["targets"]]


def known_names() -> set[str]:
    names = {metric.name for metric in OWN if metric.type is not AppMetricType.HISTOGRAM}
    histograms = {metric.name for metric in OWN if metric.type is AppMetricType.HISTOGRAM}
    return series_names() | names | {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}


def test_requests_per_second_is_asked_by_exactly_this_expression() -> None:
    assert exprs(overview(), "Requests per second") == ["sum(rate(http_requests_total[5m])) by (endpoint)"]


def test_every_query_is_valid_and_names_only_known_metrics() -> None:
    queries = panel_queries(overview(), scrape_interval=1.0)

    unknown = {query.panel_title: selectors(query.expr)[0] - known_names() for query in queries}

    assert {title: names for title, names in unknown.items() if names} == {}


@pytest.mark.parametrize("interval", [0.5, 1.0, 15.0, 30.0, 90.0])
def test_every_window_covers_four_scrapes(interval: float) -> None:
    queries = panel_queries(overview(interval=interval), scrape_interval=interval)

    windows = {query.panel_title: selectors(query.expr)[1] for query in queries}

    assert min(min(found) for found in windows.values() if found) >= 4 * interval


def test_throughput_looks_back_one_minute() -> None:
    (expr,) = exprs(overview(), "Real-time throughput")

    assert selectors(expr)[1] == [60.0]
    assert (
        panels(overview())["Real-time throughput"]["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"] == "normal"
    )


def test_no_counter_is_shown_raw() -> None:
    raw = {query.expr: raw_counters(query.expr) for query in panel_queries(overview(), scrape_interval=1.0)}

    assert {expr: names for expr, names in raw.items() if names} == {}


@pytest.mark.parametrize(
    "expr",
    [
        "http_requests_total",
        "sum by (endpoint) (http_requests_total{job=~'shop'})",
        "sum(rate(http_requests_total[5m])) / sum(http_requests_total)",
        "last_over_time(http_requests_total[5m])",
        "histogram_quantile(0.9, sum by (le) (shop_order_value_usd_bucket))",
    ],
)
def test_a_raw_counter_would_be_noticed(expr: str) -> None:
    assert raw_counters(expr) != set()


def test_status_maps_up_to_green_failing_to_orange_and_down_to_red() -> None:
    (mapping,) = panels(overview())["App status"]["fieldConfig"]["defaults"]["mappings"]

    assert mapping["options"]["1"] | {"index": 0} == {"text": "Up", "color": "green", "index": 0}
    assert mapping["options"]["0.5"] | {"index": 0} == {"text": "Failing", "color": "orange", "index": 0}
    assert mapping["options"]["0"] | {"index": 0} == {"text": "Down", "color": "red", "index": 0}


def test_distribution_is_a_gradient_of_several_colours() -> None:
    panel = panels(overview())["Request distribution"]

    assert panel["type"] == "bargauge"
    assert panel["options"]["displayMode"] == "gradient"
    assert panel["fieldConfig"]["defaults"]["color"]["mode"].startswith("continuous-")


def test_every_panel_says_what_it_shows_and_where_from() -> None:
    for panel in overview()["panels"]:
        if panel["type"] != "row":
            assert panel["description"].endswith("."), panel["title"]
            assert panel["datasource"] == {"type": "prometheus", "uid": "prometheus"}
            assert {target["refId"] for target in panel["targets"]} <= set("ABCD")


def test_panels_are_numbered_and_do_not_overlap() -> None:
    placed = overview()["panels"]
    cells = [
        (x, y)
        for panel in placed
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert [panel["id"] for panel in placed] == list(range(1, len(placed) + 1))
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_own_metrics_are_drawn_by_their_type() -> None:
    document = overview()
    job = 'job="shop", instance=~"$instance"'

    assert exprs(document, "Orders") == [f"sum by (payment) (rate(shop_orders_total{{{job}}}[5m]))"]
    assert exprs(document, "shop_stock_level") == [f"max by (product) (shop_stock_level{{{job}}})"]
    assert exprs(document, "shop_queue") == [f"max by (instance) (shop_queue{{{job}}})"]
    assert [expr.partition(",")[0] for expr in exprs(document, "shop_order_value_usd")] == [
        "histogram_quantile(0.5",
        "histogram_quantile(0.95",
        "histogram_quantile(0.99",
    ]


def test_app_without_own_metrics_has_no_row_of_them() -> None:
    assert not [panel for panel in overview(metrics=())["panels"] if "own metrics" in panel["title"]]


def test_variables_are_job_instance_endpoint_each_with_all() -> None:
    variables = overview()["templating"]["list"]

    assert [variable["name"] for variable in variables] == ["job", "instance", "endpoint"]
    assert all(variable["includeAll"] and variable["multi"] and variable["allValue"] == ".*" for variable in variables)


@pytest.mark.parametrize(("interval", "refresh", "expected"), [(1.0, 5.0, "5s"), (1.0, 1.0, "1s"), (15.0, 5.0, "15s")])
def test_page_is_not_refreshed_more_often_than_data_comes(interval: float, refresh: float, expected: str) -> None:
    assert overview(interval=interval, refresh=refresh)["refresh"] == expected


def test_registered_uids_are_unique_and_what_the_dashboards_say() -> None:
    built = [build(pipeline()).uid for build in DASHBOARDS.values()]

    assert built == list(DASHBOARDS)
    assert len(built) == len(set(built))


def test_an_apps_prefix_is_followed_in_every_query_and_nowhere_else() -> None:
    apps = (
        App(name="shop", module="shop:app", metrics_prefix="shop_"),
        App(name="bank", module="bank:app", metrics_prefix="bank_"),
        App(name="till", module="till:app", metrics_prefix="shop_"),
        App(name="plain", module="plain:app"),
    )
    document: dict[str, Any] = json.loads(JSONEncoder().encode(build(pipeline().model_copy(update={"apps": apps}))))

    for query in panel_queries(document, scrape_interval=1.0):
        names = selectors(query.expr)[0] - {"up", "None"}
        plain = {name for name in names if name.startswith("http_")}
        assert names == plain | {f"{prefix}{name}" for prefix in ("shop_", "bank_") for name in plain}
    assert exprs(document, "Requests per second") == [
        'sum((rate(http_requests_total{job!~"shop|till|bank"}[5m])'
        ' or rate(shop_http_requests_total{job=~"shop|till"}[5m])'
        ' or rate(bank_http_requests_total{job=~"bank"}[5m]))) by (endpoint)'
    ]
    (endpoints,) = (each for each in document["templating"]["list"] if each["name"] == "endpoint")
    selector = endpoints["query"]["query"].removeprefix("label_values(").removesuffix(", endpoint)")
    assert '__name__=~"http_requests_total|shop_http_requests_total|bank_http_requests_total"' in selector
    promql_parser.parse(selector)


def test_an_apps_own_metric_of_a_name_of_ours_keeps_it() -> None:
    own = AppMetric(name="http_requests_total", type=AppMetricType.COUNTER, title="Its own")
    app = App(name="shop", module="shop:app", metrics_prefix="shop_", metrics=(own,))
    document: dict[str, Any] = json.loads(JSONEncoder().encode(build(pipeline().model_copy(update={"apps": (app,)}))))

    assert exprs(document, "Its own") == ['sum(rate(http_requests_total{job="shop", instance=~"$instance"}[5m]))']
