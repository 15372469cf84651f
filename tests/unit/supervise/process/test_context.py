"""Delays grow, stay within their bounds, and a process that did well starts over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kubeglass.supervise.process.context import Backoff

STEADY = Backoff(first_seconds=0.5, cap_seconds=10.0, random=lambda: 0.0)


def test_delays_double_up_to_the_cap() -> None:
    assert [STEADY.delay(failures) for failures in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


@given(failures=st.integers(1, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_a_delay_never_leaves_its_bounds(failures: int, chance: float) -> None:
    backoff = Backoff(random=lambda: chance)

    assert backoff.first_seconds <= backoff.delay(failures) <= backoff.cap_seconds


def test_the_first_restart_comes_within_two_seconds_of_noticing() -> None:
    assert Backoff(random=lambda: 0.999).delay(1) < 2.0


def test_a_life_long_enough_forgives_earlier_failures() -> None:
    assert STEADY.count_failures(6, STEADY.okay_seconds) == 1
    assert STEADY.count_failures(6, STEADY.okay_seconds - 0.1) == 7
