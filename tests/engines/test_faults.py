"""Faults survived: whatever ends, stops, fills up or is damaged, not one answered request is missing from the count.

Each fault is struck on a run of its own, under load; the runs go on side by side, as most of the time they only wait.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path

import pytest
from faults.catalogue import FAULTS
from faults.fault import Outcome
from faults.measure import side_by_side

#: All of them take two minutes together on a quiet machine with two cores.
pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "local_faults.json"

#: Scrapes that a restart may cost and a busy machine may miss; an outage whose data is not delivered costs nearly all.
MISSED_SCRAPES = 5
MISSED_SHARE = 0.25
#: The next start after a death, and the backlog's delivery: a second or two on a quiet machine.
RECOVERED_SECONDS = 30.0

NOTHING_LOST = (
    "prometheus-stopped",
    "prometheus-frozen",
    "prometheus-killed",
    "collector-killed",
    "both-killed",
    "storage-unwritable",
)


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Future[Outcome]]]:
    """Every fault that a test of this session asks for."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    asked = {call.params.get("outcome") for call in calls if call}
    with side_by_side([fault for fault in FAULTS if fault.name in asked]) as outcomes:
        yield outcomes


@pytest.fixture
def outcome(request: pytest.FixtureRequest, running: Mapping[str, Future[Outcome]]) -> Outcome:
    """What the fault that the test names has cost."""
    return running[request.param].result()


@pytest.mark.parametrize("outcome", NOTHING_LOST, indirect=True)
def test_neither_a_request_nor_a_scrape_is_lost(outcome: Outcome) -> None:
    assert outcome.answered > 100
    assert outcome.failed == 0
    assert outcome.missing == {}
    assert outcome.lost_scrapes <= max(MISSED_SCRAPES, outcome.due_scrapes * MISSED_SHARE)
    assert outcome.recover_seconds < RECOVERED_SECONDS


@pytest.mark.parametrize("outcome", ["worker-killed"], indirect=True)
def test_a_killed_worker_costs_the_requests_in_its_hands_at_most(outcome: Outcome) -> None:
    # A request that broke may have been counted: by the dead worker, before its answer was on its way.
    assert all(number < 0 for number in outcome.missing.values()), "more was counted than answered, never less"
    assert -sum(outcome.missing.values()) <= outcome.failed
    assert outcome.recover_seconds < RECOVERED_SECONDS


@pytest.mark.parametrize("outcome", ["app-restarted"], indirect=True)
def test_a_restarted_app_goes_on_counting_where_it_was(outcome: Outcome) -> None:
    assert outcome.answered > 100
    assert outcome.missing == {}
    assert outcome.recover_seconds < RECOVERED_SECONDS


@pytest.mark.parametrize("outcome", ["queue-disk-full"], indirect=True)
def test_a_full_disk_of_the_queue_costs_scrapes_which_a_metric_counts_and_an_alert_tells(outcome: Outcome) -> None:
    assert outcome.failed == 0
    assert outcome.missing == {}
    assert outcome.lost_scrapes > 0, "or the disk was not full, and this proves nothing"
    assert outcome.counted["otelcol_exporter_enqueue_failed_metric_points"] > 0
    assert outcome.recover_seconds < RECOVERED_SECONDS
    assert outcome.alerted
    assert outcome.told


@pytest.mark.parametrize("outcome", ["storage-full"], indirect=True)
def test_a_full_disk_of_prometheus_costs_scrapes_which_a_metric_counts(outcome: Outcome) -> None:
    assert outcome.failed == 0
    assert outcome.missing == {}
    assert outcome.counted["prometheus_tsdb_wal_writes_failed_total"] > 0
    assert outcome.recover_seconds < RECOVERED_SECONDS
    assert outcome.told


@pytest.mark.parametrize("outcome", ["write-ahead-log-damaged"], indirect=True)
def test_a_damaged_write_ahead_log_is_repaired_and_counted(outcome: Outcome) -> None:
    assert outcome.failed == 0
    assert outcome.missing == {}
    assert outcome.counted["prometheus_tsdb_wal_corruptions_total"] == 1
    assert outcome.recover_seconds < RECOVERED_SECONDS
    assert outcome.told


@pytest.mark.parametrize("outcome", ["queue-damaged"], indirect=True)
def test_a_damaged_queue_costs_what_waited_in_it(outcome: Outcome) -> None:
    assert outcome.failed == 0
    assert outcome.missing == {}
    assert outcome.lost_scrapes > 0, "or nothing waited in it, and this proves nothing"
    assert outcome.recover_seconds < RECOVERED_SECONDS
    assert outcome.told


def test_what_was_measured_is_told_of_every_fault_as_it_is_now() -> None:
    written = json.loads(RESULT.read_text(encoding="utf-8"))["faults"]
    told = [(name, entry["title"], entry["effect"], entry["loss"]) for name, entry in written.items()]

    assert told == [(fault.name, fault.title, fault.effect, fault.loss) for fault in FAULTS], (
        "run: python benchmarks/local_faults.py NAME"
    )


def test_every_fault_is_held_to_what_it_may_cost(request: pytest.FixtureRequest) -> None:
    module = request.node.getparent(pytest.Module)
    marks = [mark for item in module.collect() for mark in item.iter_markers("parametrize")]

    assert {name for mark in marks for name in mark.args[1]} == {fault.name for fault in FAULTS}
