"""Rules in the real Prometheus's own rule tester: each alert fires in the trouble it is for, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.model.load import parse_pipeline
from kubeglass.rules.registry import ALERTS
from tests.engines.promtool import (
    COLLECTOR,
    EXPORTER,
    PAGE,
    TICKET,
    Scenario,
    counter,
    expected,
    http,
    play,
    run,
    series,
    traffic,
    up,
)

pytestmark = pytest.mark.engines

PIPELINE = parse_pipeline("""
apps:
  - {name: shop, module: "shop:app"}
scrape: {interval: 15s}
objectives:
  - {app: shop, availability: 99.9%, latency: {threshold: 250ms, target: 99%}}
""")


CAPACITY = {"series": f"otelcol_exporter_queue_capacity{{{EXPORTER}}}", "values": "10000x400"}
HEALTHY = (up(1), up(1, "otel-collector"))


def lost(values: str) -> dict[str, str]:
    return series(f"otelcol_exporter_send_failed_metric_points{{{EXPORTER}}}", values)


def uptime(values: str) -> dict[str, str]:
    return series(f"otelcol_process_uptime{{{COLLECTOR}}}", values)


def gone(kept: dict[str, str], samples: int) -> dict[str, str]:
    """Take so many samples out of the middle, as when Prometheus is away."""
    value = kept["values"].partition("x")[0]
    return series(kept["series"], f"{value}x{samples} _x{samples} {value}x200")


def queue(size: str) -> dict[str, str]:
    return {"series": f"otelcol_exporter_queue_size{{{EXPORTER}}}", "values": size}


def about(values: str, pod: str = "old") -> dict[str, str]:
    """Write ``up`` of one pod."""
    return series(f'up{{job="shop", instance="{pod}", k8s_pod_name="{pod}"}}', values)


def running() -> tuple[dict[str, str], ...]:
    """Write ``up`` of the pods that replace it."""
    return (about("1x400", "new"),)


DOWN = "TargetDown"
HOURS = 8 * 30  # samples, one in two minutes
SCENARIOS = (
    Scenario("all is well", (*HEALTHY, *http(0, 0, 400), CAPACITY, queue("0x400")), "60m"),
    Scenario("down for half a minute", (up(0, count=2), up(1, "otel-collector")), "30s"),
    Scenario("down for two minutes", (up(0), up(1, "otel-collector")), "2m", frozenset({(DOWN, PAGE)})),
    Scenario("the collector down", (up(1), up(0, "otel-collector")), "2m", frozenset({(DOWN, PAGE)})),
    Scenario(
        "a pod that fails while it ends, and is marked stale",
        (up(1, "otel-collector"), about("1x4 0x2 stale"), *running()),
        "3m",
    ),
    Scenario(
        "a pod that ends with its collector, and is never marked",
        (up(1, "otel-collector"), about("1x4 0x1"), *running()),
        "3m",
    ),
    Scenario("a pod that fails again and again", (up(1, "otel-collector"), about("1 0x2 " * 6), *running()), "2m"),
    Scenario(
        "ten pods replaced, one after another",
        (
            up(1, "otel-collector"),
            *(about(f"_x{n * 2} 1x4 0x2 stale", f"old-{n}") for n in range(10)),
            *running(),
        ),
        "4m",
    ),
    Scenario("the app unknown", (up(1, "otel-collector"),), "6m", frozenset({("NoData", PAGE)})),
    Scenario("a gap of four minutes", (up(1, count=4), up(1, "otel-collector")), "5m"),
    Scenario("the collector unknown", (up(1),), "6m", frozenset({("CollectorSilent", PAGE)})),
    Scenario("errors below the threshold", (*HEALTHY, *http(0.05, 0, 400)), "30m"),
    Scenario("no requests at all", (*HEALTHY, *http(0, 0, 400, total=0)), "60m"),
    Scenario(
        "every tenth request fails for twenty minutes",
        (*HEALTHY, *http(10, 0, 400)),
        "20m",
        frozenset({("ErrorRatioHigh", PAGE), ("AvailabilityBudgetBurn", PAGE), ("AvailabilityBudgetBurn", TICKET)}),
    ),
    Scenario(
        "every fifth request is late",
        (*HEALTHY, *http(0, 20, 400)),
        "20m",
        frozenset({("LatencyHigh", TICKET), ("LatencyBudgetBurn", PAGE), ("LatencyBudgetBurn", TICKET)}),
    ),
    Scenario(
        "0.2 % fail for eight hours: too little for a page, too much for the month",
        (up(1, count=HOURS), up(1, "otel-collector", HOURS), *http(0.2, 0, HOURS)),
        "8h",
        frozenset({("AvailabilityBudgetBurn", TICKET)}),
        interval="2m",
        evaluated="2m",
    ),
    Scenario(
        "every tenth request failed for twenty minutes, half an hour ago",
        (*HEALTHY, *traffic([(100, 10, 0, 80), (100, 0, 0, 300)])),
        "52m",
        frozenset({("AvailabilityBudgetBurn", TICKET)}),
    ),
    Scenario(
        "0.8 % fail for two hours after a clean six: too little for a page yet",
        (up(1, count=HOURS), up(1, "otel-collector", HOURS), *traffic([(1000, 0, 0, 180), (1000, 8, 0, 60)])),
        "7h58m",
        frozenset({("AvailabilityBudgetBurn", TICKET)}),
        interval="2m",
        evaluated="2m",
    ),
    Scenario(
        "0.8 % fail for five hours: a twentieth of the month's budget",
        (up(1, count=HOURS), up(1, "otel-collector", HOURS), *traffic([(1000, 0, 0, 90), (1000, 8, 0, 150)])),
        "7h58m",
        frozenset({("AvailabilityBudgetBurn", PAGE), ("AvailabilityBudgetBurn", TICKET)}),
        interval="2m",
        evaluated="2m",
    ),
    Scenario("the queue one third full", (*HEALTHY, CAPACITY, queue("3300x400")), "10m"),
    Scenario("the queue full for a moment", (*HEALTHY, CAPACITY, queue("9000x2 0x400")), "3m"),
    Scenario(
        "the queue filling",
        (*HEALTHY, CAPACITY, queue("0+200x50")),
        "10m",
        frozenset({("CollectorQueueFilling", PAGE)}),
    ),
    Scenario(
        "the first data lost since the collector began",
        (
            *HEALTHY,
            {"series": f"otelcol_exporter_enqueue_failed_metric_points{{{EXPORTER}}}", "values": "_x20 50x400"},
        ),
        "6m",
        frozenset({("CollectorLosesData", PAGE)}),
    ),
    Scenario(
        "data refused by the storage",
        (*HEALTHY, counter(f"otelcol_exporter_send_failed_metric_points_total{{{EXPORTER}}}", 0, 5, 400)),
        "10m",
        frozenset({("CollectorLosesData", PAGE)}),
    ),
    Scenario(
        "data lost an hour ago",
        (
            *HEALTHY,
            {"series": f"otelcol_exporter_send_failed_metric_points{{{EXPORTER}}}", "values": "0x10 50x400"},
        ),
        "60m",
    ),
    Scenario(
        "data lost long before Prometheus was away for twenty minutes",
        (
            gone(up(1), 80),
            gone(up(1, "otel-collector"), 80),
            lost("50x80 _x80 50x200"),
            uptime("600+15x80 _x80 3000+15x200"),
        ),
        "42m",
    ),
    Scenario(
        "data lost while Prometheus was away for twenty minutes",
        (
            gone(up(1), 80),
            gone(up(1, "otel-collector"), 80),
            lost("50x80 _x80 80x200"),
            uptime("600+15x80 _x80 3000+15x200"),
        ),
        "42m",
        frozenset({("CollectorLosesData", PAGE)}),
    ),
    Scenario(
        "a collector that loses less after its restart than before it",
        (*HEALTHY, lost("50x80 _x20 20x300"), uptime("600+15x80 _x4 0+15x300")),
        "26m",
        frozenset({("CollectorLosesData", PAGE)}),
    ),
    Scenario(
        "scrapes refused for lack of memory",
        (
            *HEALTHY,
            counter(f"otelcol_processor_memory_limiter_refused_metric_points{{{COLLECTOR}}}", 0, 5, 400),
        ),
        "10m",
        frozenset({("CollectorOutOfMemory", TICKET)}),
    ),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_alerts_fire_when_they_should_and_only_then(promtool_binary: Path, tmp_path: Path, scenario: Scenario) -> None:
    play(promtool_binary, tmp_path, PIPELINE, scenario)


#: Requests and errors a second, as recorded every half hour for three days, and whether the month's budget is spent so
#: fast that somebody should look this week.
LONG_RUNS = {
    "a day of few requests, 0.5 % failing, after two of many": (["1000x95 10x60", "0x95 0.05x60"], True),
    "three days with 0.2 % failing": (["10x156", "0.02x156"], True),
    "three days with 0.05 % failing": (["10x156", "0.005x156"], False),
    "0.2 % failing until seven hours ago": (["10x156", "0.02x139 0x16"], False),
}


@pytest.mark.parametrize("name", LONG_RUNS)
def test_a_budget_that_is_spent_in_days_asks_for_a_ticket(promtool_binary: Path, tmp_path: Path, name: str) -> None:
    (total, failed), fires = LONG_RUNS[name]
    test = {
        "interval": "30m",
        "input_series": [
            series('job:http_requests:rate5m{job="shop"}', total),
            series('job:http_requests_errors:rate5m{job="shop"}', failed),
        ],
        "promql_expr_test": expected(
            Scenario(name, (), "77h", frozenset({("AvailabilityBudgetBurn", TICKET)} if fires else ()))
        ),
    }

    # The other rules would say that nothing is known about the app. promtool evaluates the groups in any order, so the
    # recorded ratio may be one evaluation old: after five minutes Prometheus would not find it any more.
    answer = run(promtool_binary, tmp_path, PIPELINE, test, only=("budgets", "objectives"), evaluated="4m")

    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_alert_fires_in_some_scenario() -> None:
    assert {alert for scenario in SCENARIOS for alert, _ in scenario.firing} == set(ALERTS)


def test_recordings_are_the_rates_they_are_named_for(promtool_binary: Path, tmp_path: Path) -> None:
    """100 requests every 15 s, 10 of them failing, 20 between 0.25 and 2.5 s."""
    values = {
        "job_endpoint:http_requests:rate5m": 100 / 15,
        "job:http_requests_errors:ratio_rate5m": 0.1,
        "job:http_requests_errors:ratio_avg1h": 0.1,
        "job:http_request_duration_seconds:p50_rate5m": 0.25 * 50 / 80,
        "job:http_request_duration_seconds:p95_rate5m": 0.25 + 2.25 * 15 / 20,
    }
    test = {
        "interval": "15s",
        "input_series": http(10, 20, 400),
        "promql_expr_test": [
            {
                "expr": f"round(sum({name}), 0.000001)",
                "eval_time": "90m",
                "exp_samples": [{"labels": "{}", "value": round(value, 6)}],
            }
            for name, value in values.items()
        ],
    }

    answer = run(promtool_binary, tmp_path, PIPELINE, test)

    assert answer.returncode == 0, answer.stdout + answer.stderr
