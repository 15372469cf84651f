"""Alerts at the shortest and the longest scrape interval: they fire in time, and one missed scrape is no trouble."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.model.duration import format_duration
from kubeglass.model.load import parse_pipeline
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.references.objectives import LONGEST_INTERVAL
from tests.engines.promtool import PAGE, TICKET, Scenario, play, series, traffic, up

pytestmark = pytest.mark.engines

MINUTES = 60


def pipeline(interval: float) -> Pipeline:
    return parse_pipeline(f"""
apps: [{{name: shop, module: "shop:app"}}]
scrape: {{interval: {format_duration(interval)}}}
objectives: [{{app: shop, availability: 99.9%, latency: {{threshold: 250ms, target: 99%}}}}]
""")


@pytest.mark.parametrize("interval", [1.0, LONGEST_INTERVAL])
@pytest.mark.parametrize(
    ("name", "minutes", "firing"),
    [
        ("all is well", 30, {}),
        ("one scrape of ten is missed", 30, {}),
        ("down", 6, {("TargetDown", PAGE)}),
        ("unknown", 12, {("NoData", PAGE)}),
        (
            "every tenth request fails",
            30,
            {("ErrorRatioHigh", PAGE), ("AvailabilityBudgetBurn", PAGE), ("AvailabilityBudgetBurn", TICKET)},
        ),
        ("all is late", 30, {("LatencyHigh", TICKET), ("LatencyBudgetBurn", PAGE), ("LatencyBudgetBurn", TICKET)}),
    ],
)
def test_alerts_fire_at_every_interval(
    promtool_binary: Path, tmp_path: Path, interval: float, name: str, minutes: int, firing: set[tuple[str, str]]
) -> None:
    samples = round(minutes * MINUTES / interval) + 1
    requests = 100 * interval
    failing = requests / 10 if name.startswith("every tenth") else 0.0
    late = requests if name == "all is late" else 0.0
    target = up(0 if name == "down" else 1, count=samples)
    if name.startswith("one scrape"):
        target = series(target["series"], " ".join("1x8 _x1" for _ in range(samples // 10 + 1)))
    about_shop = [] if name == "unknown" else [target, *traffic([(requests, failing, late, samples)])]
    scenario = Scenario(
        name,
        (up(1, "otel-collector", samples), *about_shop),
        f"{minutes}m",
        frozenset(firing),
        interval=format_duration(interval),
    )

    play(promtool_binary, tmp_path, pipeline(interval), scenario)
