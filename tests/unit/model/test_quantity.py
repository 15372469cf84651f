"""Durations, percentages, sizes and quantities read as the ecosystem reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeglass.model.duration import format_duration, parse_duration
from kubeglass.model.quantity import format_percent, parse_cpu, parse_memory, parse_size


@given(st.integers(0, 10**11))
def test_a_duration_survives_being_written_and_read(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15s", 15.0), ("1m30s", 90.0), ("500ms", 0.5), ("2w", 1209600.0), ("1h", 3600.0), ("0s", 0.0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("wrong", [10, 1.5, "10", "", "s", "10 s", "-5s", "1.5s", None, True])
def test_what_is_no_duration_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="must be a duration with a unit"):
        parse_duration(wrong)


@pytest.mark.parametrize("endless", ["101y", "999999999999y999999999999y"])
def test_a_duration_that_engines_cannot_count_is_refused(endless: str) -> None:
    with pytest.raises(ValueError, match="must be at most 100y"):
        parse_duration(endless)


@pytest.mark.parametrize(("percent", "text"), [(99.9, "99.9%"), (99.99999999, "99.99999999%"), (5.0, "5%")])
def test_a_percentage_keeps_its_digits(percent: float, text: str) -> None:
    assert format_percent(percent) == text


@pytest.mark.parametrize(("text", "size"), [("512MB", 512 * 1024**2), ("10GB", 10 * 1024**3), ("7B", 7)])
def test_prometheus_counts_sizes_by_1024(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(("text", "size"), [("256Mi", 256 * 1024**2), ("1G", 10**9), ("1k", 1000), ("42", 42)])
def test_kubernetes_tells_binary_from_decimal(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize(("text", "cores"), [("250m", 0.25), ("1", 1.0), ("1.5", 1.5)])
def test_cores(text: str, cores: float) -> None:
    assert parse_cpu(text) == cores


@pytest.mark.parametrize(
    ("parse", "wrong"), [(parse_size, "10Gi"), (parse_memory, "10GB"), (parse_cpu, "1 core"), (parse_cpu, "0.5m")]
)
def test_the_other_notation_is_refused(parse: object, wrong: str) -> None:
    with pytest.raises(ValueError, match="must be a"):
        parse(wrong)  # type: ignore[operator]
