"""What a changed definition does to processes that run: only what differs is touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from kubeglass.supervise.process.spec import ProcessSpec
from kubeglass.supervise.reload import Changes, compare_processes

APP = ProcessSpec("app", ("gunicorn", "app"), Path("/"), env={"COLOUR": "blue"})
OTELCOL = ProcessSpec("otelcol", ("otelcol",), Path("/"), config=PurePosixPath("otelcol"))
PROMETHEUS = ProcessSpec("prometheus", ("prometheus",), Path("/"), config=PurePosixPath("prometheus"))
RUN = (PROMETHEUS, APP, OTELCOL)

RULES = PurePosixPath("prometheus/rules/red.yml")


def test_the_same_definition_touches_nothing() -> None:
    changes = compare_processes(RUN, RUN, [])

    assert changes == Changes()
    assert not changes.touches_processes
    assert str(changes) == "nothing changed"


def test_an_app_whose_environment_differs_is_restarted() -> None:
    changes = compare_processes(RUN, (PROMETHEUS, replace(APP, env={"COLOUR": "green"}), OTELCOL), [])

    assert changes == Changes(restarted=("app",))


def test_a_new_app_is_started_and_a_lost_one_stopped() -> None:
    changes = compare_processes(RUN, (PROMETHEUS, replace(APP, name="shop"), OTELCOL), [])

    assert changes == Changes(started=("shop",), stopped=("app",))
    assert str(changes) == "started: shop; stopped: app"


def test_a_collector_that_would_start_after_another_app_now_runs_on() -> None:
    changes = compare_processes(RUN, (PROMETHEUS, APP, replace(OTELCOL, after=("app",))), [])

    assert changes == Changes()


def test_only_the_engine_whose_files_changed_reads_them_anew() -> None:
    changes = compare_processes(RUN, RUN, [RULES])

    assert changes == Changes(reread=("prometheus",), files=(str(RULES),))
    assert str(changes) == "reloaded: prometheus"


def test_an_engine_that_is_restarted_anyway_reads_its_files_then() -> None:
    changes = compare_processes(RUN, (replace(PROMETHEUS, argv=("prometheus", "--new")), APP, OTELCOL), [RULES])

    assert changes == Changes(restarted=("prometheus",), files=(str(RULES),))


def test_files_that_no_process_keeps_in_memory_touch_none() -> None:
    changes = compare_processes(RUN, RUN, [PurePosixPath("dashboards/overview.json")])

    assert not changes.touches_processes
    assert str(changes) == "written: dashboards/overview.json"
