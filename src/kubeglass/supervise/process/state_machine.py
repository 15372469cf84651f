"""The states of a supervised process, and the table of transitions between them.

An event without a row in :data:`TRANSITIONS` is a bug and raises. The diagram in docs is drawn from the same table.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """The state of a process."""

    WAITING = "waiting"
    """Not started: a process it depends on is not ready yet."""
    STARTING = "starting"
    """Running, but its endpoint has not reported ready yet."""
    RUNNING = "running"
    """Running and ready."""
    RECYCLING = "recycling"
    """Running but no longer responding: it was told to stop and will be restarted."""
    RENEWING = "renewing"
    """Running with an old configuration: it was told to stop and restarts at once with the new one."""
    BACKOFF = "backoff"
    """It died; it restarts after a delay that grows with each failure in a row."""
    HELD = "held"
    """It died, and a hold file keeps it down."""
    TERMINATING = "terminating"
    """It was told to stop (SIGTERM) and is in its grace period."""
    KILLING = "killing"
    """Its grace period is over: it was killed (SIGKILL)."""
    STOPPED = "stopped"
    """It stopped because it was asked to."""


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
    # After the kill the state stays: the process still dies and is still restarted.
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

#: States in which there is a process.
ALIVE = frozenset({State.STARTING, State.RUNNING, State.RECYCLING, State.RENEWING, State.TERMINATING, State.KILLING})


class ImpossibleEventError(RuntimeError):
    """The table has no row for this state and event: a bug in the supervisor."""


def next_state(state: State, event: Event) -> State:
    """Look up the transition.

    Raises:
        ImpossibleEventError: the table has no such row.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ImpossibleEventError(f"'{event}' cannot happen to a process that is {state}") from None
