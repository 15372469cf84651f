"""What a run looks like on a terminal and in a pipe, and how names are chosen."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from kubeglass.cli.context import choose_run
from kubeglass.cli.output import Output
from kubeglass.cli.run_output import RunOutput, describe_pulse
from kubeglass.errors import UsageError
from kubeglass.observe.processes import ProcessId
from kubeglass.supervise.listener import Pulse
from kubeglass.supervise.process.manager import ProcessStatus
from kubeglass.supervise.process.state_machine import State
from kubeglass.supervise.state.run_file import Phase, RunRecord

RECORD = RunRecord(
    ProcessId(1, 1.0), "up", Phase.UP, detached=False, started_at=1.0, addresses={"page": "http://127.0.0.1:3000"},
    first_data_seconds=3.21,
)  # fmt: skip


def status(name: str, state: State) -> ProcessStatus:
    return ProcessStatus(name, state, None, 0)


def consoles() -> tuple[Output, StringIO, StringIO]:
    stdout, stderr = StringIO(), StringIO()
    return Output(Console(file=stdout, width=100), Console(file=stderr, width=100)), stdout, stderr


def test_a_pulse_is_one_line() -> None:
    well = Pulse([status("shop", State.RUNNING)], 24.14, 1, 2)
    ill = Pulse([status("shop", State.RUNNING), status("prometheus", State.BACKOFF)], None, 0, 1)

    assert describe_pulse(well) == "24.1 requests/s · targets 1/2 up · everything running"
    assert describe_pulse(ill) == "requests/s unknown · targets 0/1 up · prometheus backoff"


def test_being_up_shows_the_time_it_took_and_the_addresses() -> None:
    output, stdout, stderr = consoles()

    RunOutput(output).up(RECORD)

    assert "kubeglass is up: data seen end to end after 3.2 s" in stdout.getvalue()
    assert "http://127.0.0.1:3000" in stdout.getvalue()
    assert "Ctrl-C to stop everything" in stderr.getvalue()


def test_a_run_in_the_background_says_how_to_look_at_it_and_how_to_stop_it() -> None:
    output, _, stderr = consoles()

    RunOutput(output).up(replace(RECORD, detached=True))

    assert stderr.getvalue() == (
        "running in the background; inspect it with kubeglass status and logs, stop it with kubeglass down\n"
    )


def test_a_pipe_is_not_flooded_but_hears_of_changes() -> None:
    output, _, stderr = consoles()
    listener = RunOutput(output)

    for state in (State.RUNNING, State.RUNNING, State.BACKOFF, State.BACKOFF):
        listener.beat(Pulse([status("shop", state)], 1.0, 1, 1))

    assert stderr.getvalue() == "1.0 requests/s · targets 1/1 up · shop backoff\n"


def test_apps_and_targets_get_names_that_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    options = choose_run(demo=False, apps=["web.site:app", "web.api:app"], targets=["127.0.0.1:9000"])

    assert [app.name for app in options.pipeline.apps] == ["web", "web-2", "127-0-0-1-9000"]
    assert options.command == "up --app web.site:app --app web.api:app --target 127.0.0.1:9000"
    assert options.root == tmp_path / ".kubeglass"


def test_apps_named_take_the_place_of_those_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kubeglass.yaml").write_text("apps: [{module: 'a:b'}]\nscrape: {interval: 2s}\n")

    options = choose_run(demo=False, apps=["shop:create_app()"], targets=[])

    assert [app.module for app in options.pipeline.apps] == ["shop:create_app()"]
    assert options.pipeline.scrape.interval == 2.0


def test_nothing_to_watch_says_what_to_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match="nothing to watch"):
        choose_run(demo=False, apps=[], targets=[])
