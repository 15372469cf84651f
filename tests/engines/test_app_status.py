"""The panel "App status" in the real promtool: what failed or fell silent is Down, what ended is not shown."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from kubeglass.dashboards.overview.build import build
from kubeglass.dashboards.queries import panel_queries
from kubeglass.model.duration import format_duration
from kubeglass.model.parts import COLLECTOR, HEARTBEAT
from kubeglass.model.pipeline import Pipeline, Scrape
from tests.engines.promtool import series

pytestmark = pytest.mark.engines

DOWN, FAILING, UP = 0, 0.5, 1
NOT_SHOWN = None
NODE = 'k8s_node_name="n1"'


def status_queries(*, interval: float = 1.0, hours: float = 0.25) -> list[str]:
    document = json.loads(JSONEncoder().encode(build(Pipeline(scrape=Scrape(interval=float(interval))))))
    document["time"]["from"] = f"now-{format_duration(hours * 3600)}"
    return [q.expr for q in panel_queries(document, scrape_interval=interval) if q.panel_title == "App status"]


def app(values: str, instance: str = "a", node: str = NODE) -> dict[str, str]:
    return series(f'up{{job="shop", instance="{instance}", k8s_pod_name="pod-{instance}", {node}}}', values)


def heartbeat(values: str, pod: str = "c1", node: str = NODE) -> dict[str, str]:
    return series(f'up{{job="{HEARTBEAT}", instance="{pod}", k8s_pod_name="{pod}", {node}}}', values)


def expect(
    promtool: Path,
    folder: Path,
    given: list[dict[str, str]],
    shown: dict[str, float],
    *,
    at: str,
    interval: int = 1,
    hours: float = 0.25,
) -> None:
    """Evaluate the panel and compare its tiles, by instance."""
    check: dict[str, Any] = {
        "expr": status_queries(interval=interval, hours=hours)[0],
        "eval_time": at,
        "exp_samples": [
            {"labels": f'{{job="shop", instance="{instance}"}}', "value": value} for instance, value in shown.items()
        ],
    }
    test = {"interval": f"{interval}s", "input_series": given, "promql_expr_test": [check]}
    file = folder / "status.json"
    file.write_text(json.dumps({"tests": [test]}))

    result = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


#: Samples of an app and of its collector until two minutes after the start, and the app's tile then.
FATES = {
    "it is up": ("1x120", "1x120", UP),
    "its scrapes have failed for a minute": ("1x50 0x70", "1x120", DOWN),
    "its scrapes have failed for ten seconds": ("1x100 0x20", "1x120", FAILING),
    "it was never up": ("0x120", "1x120", DOWN),
    "it has failed for a few seconds": ("1x116 0x4", "1x120", UP),
    "it is starting": ("_x80 0x40", "1x120", NOT_SHOWN),
    "it has been starting for more than a minute": ("_x55 0x65", "1x120", DOWN),
    "it started, and failed soon": ("_x80 0x5 1x5 0x30", "1x120", FAILING),
    "it ended before it was up": ("_x80 0x30 stale", "1x120", NOT_SHOWN),
    "a few scrapes are late": ("1x114 _x6", "1x114 _x6", UP),
    "it came back": ("1x30 _x60 1x30", "1x120", UP),
    "it ended a minute ago": ("1x50 0x5 stale _x65", "1x120", NOT_SHOWN),
    "it ended right now": ("1x113 0x5 stale _x1", "1x120", NOT_SHOWN),
    "it was deleted at once": ("1x119 stale", "1x120", NOT_SHOWN),
    "it ended while its collector was replaced": ("1x60 _x60", "1x60 _x20 1x40", NOT_SHOWN),
    "its collector was killed and marked nothing": ("1x60 _x60", "1x60 _x60", DOWN),
    "its collector was killed a few seconds ago": ("1x108 _x12", "1x109 _x11", DOWN),
    "it was down when its collector was killed": ("0x60 _x60", "1x60 _x60", DOWN),
    "it ended, and half a minute later its collector was killed": ("1x50 stale _x70", "1x80 _x40", NOT_SHOWN),
}


@pytest.mark.parametrize("fate", FATES)
def test_every_fate_of_a_target_is_told(promtool_binary: Path, tmp_path: Path, fate: str) -> None:
    values, collector, tile = FATES[fate]

    expect(promtool_binary, tmp_path, [app(values), heartbeat(collector)], {} if tile is None else {"a": tile}, at="2m")


@pytest.mark.parametrize("interval", [1, 15, 60])
@pytest.mark.parametrize("hours", [0.25, 1, 24])
def test_ten_rollouts_within_an_hour_leave_no_tile_but_those_of_the_running_pods(
    promtool_binary: Path, tmp_path: Path, interval: int, hours: float
) -> None:
    """Of two pods, each is replaced every six minutes; the collector, too, in the third and the seventh rollout."""
    life, hour = 360 // interval, 3600 // interval
    pods = []
    for rollout in range(10):
        before, after = rollout * life, hour - (rollout + 1) * life
        # A collector that is replaced at the same time marks nothing.
        end = "" if rollout in (2, 6) else " 0x1 stale"
        ended = f"{end} _x{after}" if rollout < 9 else ""
        pods += [app(f"_x{before} 1x{life}{ended}", f"{pod}{rollout}") for pod in "ab"]
    beats = [heartbeat(f"1x{3 * life}"), heartbeat(f"_x{3 * life} 1x{hour}", "c2")]

    expect(promtool_binary, tmp_path, pods + beats, {"a9": UP, "b9": UP}, at="59m", interval=interval, hours=hours)


def test_a_lost_node_stays_down_for_the_selected_time_and_hides_no_other(promtool_binary: Path, tmp_path: Path) -> None:
    """The first node falls silent after ten minutes; the second goes on, and one of its pods ends."""
    second = NODE.replace("n1", "n2")
    given = [
        app("1x600"),
        heartbeat("1x600"),
        app("1x3600", "b", second),
        app("1x900 0x3 stale", "c", second),
        heartbeat("1x3600", "c2", second),
    ]

    expect(promtool_binary, tmp_path, given, {"a": DOWN, "b": UP}, at="20m")
    expect(promtool_binary, tmp_path, given, {"a": DOWN, "b": UP}, at="59m", hours=1)
    expect(promtool_binary, tmp_path, given, {"b": UP}, at="59m")


def test_a_local_run_has_no_nodes(promtool_binary: Path, tmp_path: Path) -> None:
    """One app crashed, one was removed; then the collector dies, and the state of the first is unknown."""
    given = [
        series('up{job="shop", instance="crashed"}', "1x100 0x500"),
        series('up{job="shop", instance="removed"}', "1x100"),
        series(f'up{{job="{HEARTBEAT}", instance="c"}}', "1x400"),
    ]

    expect(promtool_binary, tmp_path, given, {"crashed": DOWN}, at="5m")
    expect(promtool_binary, tmp_path, given, {"crashed": DOWN}, at="11m")


def test_the_collector_is_told_by_prometheus(promtool_binary: Path, tmp_path: Path) -> None:
    check: dict[str, Any] = {"expr": status_queries()[1], "eval_time": "2m"}
    check |= {"exp_samples": [{"labels": f'{{job="{COLLECTOR}"}}', "value": 0}]}
    given = [series(f'up{{job="{COLLECTOR}", instance="c"}}', "1x60 0x60"), heartbeat("1x60")]
    file = tmp_path / "status.json"
    file.write_text(json.dumps({"tests": [{"interval": "1s", "input_series": given, "promql_expr_test": [check]}]}))

    result = subprocess.run([promtool_binary, "test", "rules", str(file)], capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr
