"""What people see of an installation: lines now and then in a log, one live line on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from kubeglass.cli.engine_progress import EngineProgress
from kubeglass.cli.output import Output
from kubeglass.engines.install.progress import Phase


def _output(*, terminal: bool) -> tuple[Output, io.StringIO]:
    screen = io.StringIO()
    return Output(stderr=Console(file=screen, force_terminal=terminal, width=120)), screen


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in a list's only place."""
    now = [1000.0]
    monkeypatch.setattr("kubeglass.cli.engine_progress.time.monotonic", lambda: now[0])
    return now


def test_a_log_gets_a_line_a_phase_with_the_usual_time(clock: list[float]) -> None:
    output, screen = _output(terminal=False)

    with EngineProgress(output) as progress:
        progress.step("otelcol", Phase.FETCH, "a.example/m v1.0.0", fraction=0.0, expected_seconds=210)
        progress.step("otelcol", Phase.COMPILE, "fmt", fraction=0.25, expected_seconds=210)
        progress.step("otelcol", Phase.DONE, "0.155.0, build", fraction=1.0)

    assert screen.getvalue().splitlines() == [
        "otelcol: fetching modules a.example/m v1.0.0 (0%, usually 4 min)",
        "otelcol: compiling fmt (25%, usually 4 min)",
        "otelcol: ready 0.155.0, build",
    ]


def test_a_log_is_not_flooded_within_a_phase(clock: list[float]) -> None:
    output, screen = _output(terminal=False)

    with EngineProgress(output) as progress:
        for number in range(100):
            clock[0] += 0.5
            progress.step("otelcol", Phase.COMPILE, f"package{number}", fraction=number / 100)

    assert screen.getvalue().splitlines() == [
        f"otelcol: compiling package{number} ({number}%)" for number in (0, 30, 60, 90)
    ]


def test_a_terminal_sees_what_is_done_how_far_and_how_long_it_takes() -> None:
    output, screen = _output(terminal=True)

    with EngineProgress(output) as progress:
        progress.step("prometheus", Phase.COMPILE, "k8s.io/api/core/v1", fraction=0.5, expected_seconds=60)

    shown = screen.getvalue()
    assert "prometheus" in shown
    assert "compiling k8s.io/api/core/v1" in shown
    assert "usually 60 s" in shown


def test_package_names_are_not_taken_for_markup() -> None:
    output, screen = _output(terminal=True)

    with EngineProgress(output) as progress:
        progress.step("prometheus", Phase.COMPILE, "[/odd]", fraction=0.5)

    assert "[/odd]" in screen.getvalue()


def test_facts_have_a_line_of_their_own() -> None:
    output, screen = _output(terminal=False)

    EngineProgress(output).note("prometheus", "skipped /usr/bin/prometheus is version 2.42.0, not 3.16")

    assert screen.getvalue() == "prometheus: skipped /usr/bin/prometheus is version 2.42.0, not 3.16\n"
