"""The cluster's dashboard: what the kubelets say of nodes, pods and containers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from kubeglass.dashboards.cluster import build
from kubeglass.dashboards.queries import panel_queries
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.collector import Collector, Kubelet, KubeletGroup
from kubeglass.model.sections.dashboards import DashboardName
from kubeglass.render.grafana import render_dashboards
from tests.unit.dashboards.reading import raw_counters, selectors, series_names


def pipeline(**kubelet: Any) -> Pipeline:
    return Pipeline(collector=Collector(kubelet=Kubelet(**kubelet)))


def dashboard(**kubelet: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(JSONEncoder().encode(build(pipeline(**kubelet))))
    return document


def titles(document: dict[str, Any]) -> list[str]:
    return [panel["title"] for panel in document["panels"]]


def test_every_query_is_valid_and_names_only_known_metrics() -> None:
    queries = panel_queries(dashboard(), scrape_interval=5.0)

    assert len(queries) == 13
    assert {name for query in queries for name in selectors(query.expr)[0]} <= series_names()


@pytest.mark.parametrize(("interval", "window"), [(1.0, 60.0), (15.0, 60.0), (60.0, 240.0)])
def test_every_rate_covers_four_readings_of_the_kubelet(interval: float, window: float) -> None:
    queries = panel_queries(dashboard(interval=interval), scrape_interval=5.0)

    windows = {found for query in queries if "rate(" in query.expr for found in selectors(query.expr)[1]}
    assert windows == {window}


def test_no_counter_is_shown_raw() -> None:
    raw = {query.expr: raw_counters(query.expr) for query in panel_queries(dashboard(), scrape_interval=5.0)}

    assert {expr: names for expr, names in raw.items() if names} == {}


@pytest.mark.parametrize(
    ("group", "shown"),
    [
        (KubeletGroup.NODE, "CPU by node"),
        (KubeletGroup.POD, "CPU by pod"),
        (KubeletGroup.CONTAINER, "CPU by container"),
    ],
)
def test_only_what_the_kubelets_are_asked_for_is_shown(group: KubeletGroup, shown: str) -> None:
    cpu = [title for title in titles(dashboard(groups=(group,))) if title.startswith("CPU")]

    assert cpu == [shown]


def test_every_panel_says_what_it_shows() -> None:
    for panel in dashboard()["panels"]:
        if panel["type"] != "row":
            assert panel["description"].endswith("."), panel["title"]
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]


def test_a_thousand_pods_are_not_a_thousand_lines() -> None:
    queries = panel_queries(dashboard(), scrape_interval=5.0)

    unbounded = [query.panel_title for query in queries if "pod_name" in query.expr and "topk(20" not in query.expr]
    assert unbounded == []


@pytest.mark.parametrize(
    ("on_cluster", "kubelets", "there"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_it_is_there_where_kubelets_are_read(on_cluster: bool, kubelets: bool, there: bool) -> None:
    files = render_dashboards(pipeline(enabled=kubelets), on_cluster=on_cluster)

    assert (f"{DashboardName.CLUSTER}.json" in {file.path.name for file in files}) is there
