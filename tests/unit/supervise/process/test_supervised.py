"""What happens to one process, event by event, with the clock turned by hand."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kubeglass.supervise.process.state_machine import ALIVE, Event, State
from tests.unit.supervise.process.fakes import BUSY, READY, SILENT, Bench


def started() -> Bench:
    bench = Bench()
    bench.process.handle(Event.START)
    return bench


def running() -> Bench:
    bench = started()
    bench.probe(READY)
    return bench


def test_it_is_starting_until_its_endpoint_says_ready() -> None:
    bench = started()

    bench.probe(SILENT)
    assert bench.state() is State.STARTING
    bench.probe(READY, after=0.1)

    assert bench.state() is State.RUNNING
    assert bench.process.last_error == ""


def test_without_an_endpoint_it_is_ready_once_it_runs() -> None:
    bench = Bench(with_readiness=False)
    bench.process.handle(Event.START)

    bench.process.tick()

    assert bench.state() is State.RUNNING


def test_one_that_dies_starts_again_after_its_delay() -> None:
    bench = running()

    bench.child.exit(-9)
    assert bench.state() is State.BACKOFF
    assert bench.process.last_error == "was killed by signal 9"
    bench.pass_time(0.9)
    assert bench.state() is State.BACKOFF
    bench.pass_time(0.2)

    assert bench.state() is State.STARTING
    assert bench.process.starts == 2
    assert len(bench.spawner.children) == 2


def test_the_delay_grows_with_each_failure_in_a_row_and_starts_over_after_a_good_life() -> None:
    bench = running()
    delays = []
    for lived in (0.0, 0.0, 60.0):
        bench.clock.now += lived
        bench.child.exit(1)
        waited = 0.0
        while bench.process.state is State.BACKOFF:
            bench.pass_time(0.5)
            waited += 0.5
        delays.append(waited)

    assert delays == [1.0, 2.0, 1.0]


def test_one_that_stops_answering_is_ended_and_started_again() -> None:
    bench = running()

    for _ in range(3):
        bench.probe(SILENT, after=5.0)
    assert bench.state() is State.RECYCLING
    assert bench.child.told == ["terminate"]
    assert bench.process.last_error == "stopped answering (connection refused)"
    bench.child.exit(0)
    bench.pass_time(1.0)

    assert bench.state() is State.STARTING


def test_one_bad_answer_among_good_ones_is_forgiven() -> None:
    bench = running()

    for result in (SILENT, SILENT, READY, SILENT, SILENT):
        bench.probe(result, after=5.0)

    assert bench.state() is State.RUNNING


def test_one_that_neither_answers_nor_ends_is_killed() -> None:
    bench = running()
    for _ in range(3):
        bench.probe(SILENT, after=5.0)

    bench.pass_time(bench.process.spec.grace_seconds)

    assert bench.child.told == ["terminate", "kill"]
    assert bench.state() is State.RECYCLING


def test_one_that_never_gets_ready_says_so() -> None:
    bench = started()
    bench.probe(SILENT)

    bench.pass_time(bench.process.spec.ready_seconds)

    assert bench.state() is State.RECYCLING
    assert bench.process.last_error == "was not ready within 30 s (connection refused)"


def test_one_that_answers_that_it_is_not_ready_yet_is_given_all_the_time_it_needs() -> None:
    bench = started()

    for _ in range(10):
        bench.probe(BUSY, after=bench.process.spec.ready_seconds - 1)
    assert bench.state() is State.STARTING
    bench.pass_time(bench.process.spec.ready_seconds)

    assert bench.state() is State.RECYCLING, "it has fallen silent"
    assert bench.process.last_error == "was not ready within 30 s (answered 503)"


def test_what_a_process_died_of_is_repaired_and_told_once_it_runs_again() -> None:
    bench = Bench()
    bench.process.spec = replace(bench.process.spec, repair=lambda lines: [f"{lines[0]}: repaired"])
    bench.spawner.lines = ("a damaged queue",)

    bench.process.handle(Event.START)
    bench.child.exit(2)
    assert bench.process.last_error == "", "nobody need give up"
    assert bench.spawner.notes == ["engine: a damaged queue: repaired"]
    bench.pass_time(1.0)
    bench.process.note_probe(bench.child, READY)

    assert bench.state() is State.RUNNING
    assert bench.process.last_error == "a damaged queue: repaired"


def test_stopping_asks_first_and_kills_after_the_grace() -> None:
    bench = running()

    bench.process.stop()
    assert bench.child.told == ["terminate"]
    bench.pass_time(bench.process.spec.grace_seconds)
    assert bench.child.told == ["terminate", "kill"]
    bench.child.exit(-9)

    assert bench.state() is State.STOPPED
    assert bench.process.last_error == "", "it was asked to end"


def test_hurrying_ends_the_grace() -> None:
    bench = running()
    bench.process.stop()

    bench.process.hurry()

    assert bench.state() is State.KILLING


def test_one_that_is_held_stays_down_until_it_is_released() -> None:
    bench = running()
    bench.held.add("engine")

    bench.child.exit(-9)
    bench.pass_time(60.0)
    assert bench.state() is State.HELD
    bench.held.clear()
    bench.pass_time(0.0)

    assert bench.state() is State.STARTING


def test_a_program_that_cannot_be_executed_is_a_failure_like_any_other() -> None:
    bench = Bench()
    bench.spawner.fault = PermissionError(13, "Permission denied")

    bench.process.handle(Event.START)

    assert bench.state() is State.BACKOFF
    assert bench.process.last_error == "cannot be executed (Permission denied)"


def test_late_news_of_a_process_that_was_replaced_is_ignored() -> None:
    bench = running()
    first = bench.child
    first.exit(1)
    bench.pass_time(1.0)

    first.exit(1)
    bench.process.note_probe(first, READY)

    assert bench.state() is State.STARTING


def test_one_whose_definition_changed_ends_with_its_grace_and_starts_at_once_as_it_is_wanted_now() -> None:
    bench = running()
    wanted = replace(bench.process.spec, argv=("engine", "--new"))

    bench.process.renew(wanted)
    assert bench.state() is State.RENEWING
    assert bench.child.told == ["terminate"]
    bench.child.exit(0)

    assert bench.state() is State.STARTING
    assert bench.spawner.specs[-1] == wanted
    assert bench.process.last_error == "", "it was asked to end"


def test_one_that_does_not_end_for_its_new_definition_is_killed() -> None:
    bench = running()
    bench.process.renew(replace(bench.process.spec, argv=("engine", "--new")))

    bench.pass_time(bench.process.spec.grace_seconds)

    assert bench.child.told == ["terminate", "kill"]
    assert bench.state() is State.RENEWING


def test_one_that_is_down_takes_its_new_definition_when_it_starts_next() -> None:
    bench = running()
    bench.child.exit(1)
    wanted = replace(bench.process.spec, argv=("engine", "--new"))

    bench.process.renew(wanted)
    assert bench.state() is State.BACKOFF
    bench.pass_time(1.0)

    assert bench.spawner.specs[-1] == wanted


EVENTS = ["exit", "ready", "silent", "time", "hold", "release", "renew", "stop", "hurry"]


@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_no_order_of_events_confuses_it(events: list[str]) -> None:
    bench = started()
    for event in events:
        if event == "exit" and bench.process.child:
            bench.child.exit(1)
        elif event in {"ready", "silent"} and bench.process.child:
            bench.process.note_probe(bench.child, READY if event == "ready" else SILENT)
        elif event == "time":
            bench.pass_time(7.0)
        elif event == "hold":
            bench.held.add("engine")
        elif event == "release":
            bench.held.clear()
        elif event == "renew":
            bench.process.renew(bench.process.spec)
        elif event == "stop":
            bench.process.stop()
        elif event == "hurry":
            bench.process.hurry()

        assert (bench.process.child is not None) == (bench.process.state in ALIVE)
