"""The table is complete: every state can be reached, left and stopped, and nothing happens by accident."""

from __future__ import annotations

import pytest

from kubeglass.supervise.process.state_machine import (
    ALIVE,
    TRANSITIONS,
    Event,
    ImpossibleEventError,
    State,
    next_state,
)


def reachable(start: State) -> set[State]:
    found = {start}
    while more := {after for (state, _), after in TRANSITIONS.items() if state in found} - found:
        found |= more
    return found


def test_every_state_is_reached_from_the_start() -> None:
    assert reachable(State.WAITING) == set(State)


@pytest.mark.parametrize("state", State)
def test_every_state_leads_to_stopped(state: State) -> None:
    assert State.STOPPED in reachable(state)


@pytest.mark.parametrize("state", sorted(set(State) - {State.TERMINATING, State.KILLING, State.STOPPED}))
def test_stop_is_possible_wherever_it_is_not_under_way(state: State) -> None:
    after = next_state(state, Event.STOP)

    assert after is (State.TERMINATING if state in ALIVE else State.STOPPED)


@pytest.mark.parametrize("state", sorted(ALIVE))
def test_a_process_that_runs_can_die(state: State) -> None:
    assert next_state(state, Event.DIED) in {State.BACKOFF, State.STOPPED, State.STARTING}


def test_an_event_without_a_row_is_refused_by_name() -> None:
    with pytest.raises(ImpossibleEventError, match="'ready' cannot happen to a process that is stopped"):
        next_state(State.STOPPED, Event.READY)
