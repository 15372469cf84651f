"""The state of a deployed pipeline in words and as JSON."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from kubeglass.cli.cluster_logs import choose_parts
from kubeglass.cli.cluster_view import describe_lines, say_changes, show_status
from kubeglass.cli.output import Output
from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.causes.cause import Cause
from kubeglass.deploy.inspection.health import Link, LinkState
from kubeglass.deploy.inspection.part import Part, Replicas
from kubeglass.deploy.inspection.pipeline_status import PipelineStatus
from kubeglass.deploy.rollout.status import State
from kubeglass.errors import UsageError

SHOP = ObjectKey("apps/v1", "Deployment", "shop", "apps")
COLLECTOR = ObjectKey("apps/v1", "DaemonSet", "otel-collector", "watch")
READY = Part(SHOP, State.READY, "2 of 2 replicas ready", Replicas(2, 2, 0))
STUCK = Part(
    SHOP, State.FAILED, "waits for 2 of 2 replicas", Replicas(0, 2, 5), Cause("it crashes", "mend it", ("log",))
)
WORKS = Link("targets", LinkState.WORKS, "shop: 2 up")
BROKEN = Link("kubelet", LinkState.BROKEN, "no metrics of node one", Cause("Forbidden", "grant it"))
UNKNOWN = Link("data", LinkState.UNKNOWN, "not checked")


def make_status(part: Part, *links: Link) -> PipelineStatus:
    return PipelineStatus("watch", [part], links, [])


def make_output() -> tuple[Output, StringIO]:
    stream = StringIO()
    return Output(Console(file=stream, width=200), Console(file=StringIO())), stream


@pytest.mark.parametrize(
    ("status", "healthy", "wrong"),
    [
        (make_status(READY, WORKS), True, ""),
        (make_status(READY, UNKNOWN), True, ""),
        (make_status(READY, BROKEN), False, "kubelet: no metrics of node one"),
        (make_status(STUCK, WORKS), False, "deployment/shop: it crashes"),
    ],
)
def test_what_is_known_to_be_wrong_decides(status: PipelineStatus, healthy: bool, wrong: str) -> None:
    assert (status.is_healthy, status.wrong) == (healthy, wrong)


def test_causes_and_what_to_do_stand_below_the_parts() -> None:
    output, stream = make_output()

    show_status(output, make_status(STUCK, BROKEN))

    heading, row, *rest = (line.rstrip() for line in stream.getvalue().splitlines())
    assert heading.split() == ["PART", "NAMESPACE", "STATE", "READY", "RESTARTS", "DETAIL"]
    assert row.split()[:5] == ["deployment/shop", "apps", "failed", "0/2", "5"]
    assert rest == [
        "deployment/shop: it crashes; mend it",
        "  log",
        "kubelet: no metrics of node one",
        "kubelet: Forbidden; grant it",
    ]


def test_json_has_the_documented_fields() -> None:
    document: dict[str, Any] = json.loads(json.dumps(make_status(STUCK, WORKS).to_json()))

    assert document == {
        "namespace": "watch",
        "healthy": False,
        "parts": [
            {
                "object": "deployment/shop",
                "namespace": "apps",
                "state": "failed",
                "message": "waits for 2 of 2 replicas",
                "ready": 0,
                "wanted": 2,
                "restarts": 5,
                "cause": {"message": "it crashes", "hint": "mend it", "evidence": ["log"]},
            }
        ],
        "data": [{"link": "targets", "state": "works", "message": "shop: 2 up", "cause": None}],
        "unseen": [],
    }


def test_of_what_is_watched_each_change_is_one_line() -> None:
    output, stream = make_output()
    before: dict[str, str] = {}

    for status in (make_status(READY, WORKS), make_status(READY, WORKS), make_status(STUCK)):
        now = describe_lines(status)
        say_changes(output, before, now)
        before = now

    assert [line.partition(" ")[2] for line in stream.getvalue().splitlines()] == [
        "deployment/shop ready: 2 of 2 replicas ready",
        "targets: shop: 2 up",
        "deployment/shop failed: waits for 2 of 2 replicas, 5 restarts (it crashes)",
        "targets is gone",
    ]


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([], [COLLECTOR, SHOP]),
        (["shop"], [SHOP]),
        (["app"], [SHOP]),
        (["collector"], [COLLECTOR]),
        (["deployment/shop", "app"], [SHOP]),
    ],
)
def test_a_part_is_named_by_its_name_or_its_component(names: list[str], chosen: list[ObjectKey]) -> None:
    assert choose_parts(make_parts(), names) == chosen


def test_an_unknown_part_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"kibana: is not part of this pipeline \(its parts: otel-collector, shop\)"):
        choose_parts(make_parts(), ["shop", "kibana"])


def make_parts() -> dict[ObjectKey, set[str]]:
    return {SHOP: {"app"}, COLLECTOR: {"collector"}}
