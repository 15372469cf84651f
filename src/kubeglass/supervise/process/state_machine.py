"""The life of a supervised process as a table: in this state, on this event, go to that state.

Everything that may happen to a process is a row of :data:`TRANSITIONS`; an event that has no row in a state is a fault
of ours and says so. The drawing in docs is made from the same table, so it cannot lag behind.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a process is in its life."""

    WAITING = "waiting"
    """Not started: what it needs first is not ready, or nobody asked yet."""
    STARTING = "starting"
    """It runs, but its own endpoint did not say ready yet."""
    RUNNING = "running"
    """It runs and answered."""
    RECYCLING = "recycling"
    """It runs but stopped answering: it was told to end and will be started again."""
    RENEWING = "renewing"
    """It runs with what no longer holds: it was told to end and starts at once as it is wanted now."""
    BACKOFF = "backoff"
    """It died; it starts again after a delay that grows with each failure in a row."""
    HELD = "held"
    """It died and a hold file asks not to start it again yet."""
    TERMINATING = "terminating"
    """It was told to end (SIGTERM) and has its grace."""
    KILLING = "killing"
    """Its grace is over: it was killed (SIGKILL)."""
    STOPPED = "stopped"
    """It ended because it was asked to."""


class Event(StrEnum):
    """What can happen to a process."""

    START = "start"
    READY = "ready"
    DIED = "died"
    UNHEALTHY = "unhealthy"
    RENEW = "renew"
    GRACE_OVER = "grace over"
    DELAY_OVER = "delay over"
    HOLD = "hold"
    RELEASE = "release"
    STOP = "stop"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.WAITING, Event.START): State.STARTING,
    (State.WAITING, Event.STOP): State.STOPPED,
    (State.STARTING, Event.READY): State.RUNNING,
    (State.STARTING, Event.DIED): State.BACKOFF,
    (State.STARTING, Event.UNHEALTHY): State.RECYCLING,
    (State.STARTING, Event.RENEW): State.RENEWING,
    (State.STARTING, Event.STOP): State.TERMINATING,
    (State.RUNNING, Event.DIED): State.BACKOFF,
    (State.RUNNING, Event.UNHEALTHY): State.RECYCLING,
    (State.RUNNING, Event.RENEW): State.RENEWING,
    (State.RUNNING, Event.STOP): State.TERMINATING,
    # The kill after the grace leaves the state: the process still ends and is still started again.
    (State.RECYCLING, Event.GRACE_OVER): State.RECYCLING,
    (State.RECYCLING, Event.DIED): State.BACKOFF,
    (State.RECYCLING, Event.STOP): State.TERMINATING,
    (State.RENEWING, Event.GRACE_OVER): State.RENEWING,
    (State.RENEWING, Event.DIED): State.STARTING,
    (State.RENEWING, Event.STOP): State.TERMINATING,
    (State.BACKOFF, Event.DELAY_OVER): State.STARTING,
    (State.BACKOFF, Event.HOLD): State.HELD,
    (State.BACKOFF, Event.STOP): State.STOPPED,
    (State.HELD, Event.RELEASE): State.STARTING,
    (State.HELD, Event.STOP): State.STOPPED,
    (State.TERMINATING, Event.GRACE_OVER): State.KILLING,
    (State.TERMINATING, Event.DIED): State.STOPPED,
    (State.KILLING, Event.DIED): State.STOPPED,
}

#: States in which the operating system knows a process of ours.
ALIVE = frozenset({State.STARTING, State.RUNNING, State.RECYCLING, State.RENEWING, State.TERMINATING, State.KILLING})


class ImpossibleEventError(RuntimeError):
    """An event arrived in a state whose row is missing from the table: a fault in the supervisor itself."""


def next_state(state: State, event: Event) -> State:
    """Look the transition up.

    Raises:
        ImpossibleEventError: the table has no such row.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ImpossibleEventError(f"'{event}' cannot happen to a process that is {state}") from None


def draw_diagram() -> str:
    """Draw the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.WAITING}"]
    lines += [f"    {state} --> {after}: {event}" for (state, event), after in TRANSITIONS.items()]
    return "\n".join([*lines, f"    {State.STOPPED} --> [*]", ""])
