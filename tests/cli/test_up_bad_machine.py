"""``kubeglass up`` on a machine that lacks something: one line, its exit code, and nothing left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.machines import (
    GO_FOLDER,
    WITHOUT_PRIVILEGE,
    bare_environment,
    errors_in,
    mounted_over,
    with_system_programs,
    write_go,
)
from tests.cli.runs import assert_nothing_left, call, call_here


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """No engines, no Go, no network."""
    return bare_environment(tmp_path)


def test_no_go_and_no_network(tmp_path: Path, bare: dict[str, str]) -> None:
    result = call(tmp_path, "up", "--demo", env=bare, prefix=mounted_over((GO_FOLDER, "size=1m")))

    assert result.returncode == 4
    assert len(errors_in(result.stderr)) == 1, result.stderr
    assert "cannot be installed (no Go " in errors_in(result.stderr)[0]
    assert " or newer to build with); install Go from" in errors_in(result.stderr)[0]
    assert "release: proxy.invalid cannot be reached" in result.stderr
    assert_nothing_left(tmp_path)


def test_no_room_for_a_build(tmp_path: Path, bare: dict[str, str]) -> None:
    write_go(tmp_path, building="seq 60")
    (tmp_path / "cache").mkdir()
    small = mounted_over((tmp_path / "cache", "size=16m"))

    result = call(tmp_path, "up", "--demo", "--source", "build", env=with_system_programs(bare), prefix=small)

    assert result.returncode == 4
    assert len(errors_in(result.stderr)) == 1, result.stderr
    assert f"(the disk of {tmp_path}/cache/kubeglass/engines/" in errors_in(result.stderr)[0]
    assert " has 0.0 GiB free, and needs 0.3 GiB); free some space" in errors_in(result.stderr)[0]
    assert_nothing_left(tmp_path)


def test_an_engine_that_is_not_executable(tmp_path: Path, bare: dict[str, str]) -> None:
    (tmp_path / "bin" / "otelcol").write_text("#!/bin/sh\n")

    result = call_here(tmp_path, "up", "--demo", "--source", "path", env=bare)

    assert result.returncode == 4
    assert len(errors_in(result.stderr)) == 1, result.stderr
    assert "error: otelcol 0.155.0: cannot be installed" in errors_in(result.stderr)[0]
    assert f"{tmp_path}/bin/otelcol is not executable" in result.stderr
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize("options", [(), ("--detach",)])
def test_a_folder_that_may_not_be_written(tmp_path: Path, options: tuple[str, ...]) -> None:
    folder = tmp_path / "project"
    folder.mkdir(mode=0o500)

    result = call(folder, "up", "--demo", *options, prefix=WITHOUT_PRIVILEGE)

    assert result.returncode == 7
    assert result.stderr == (
        f"error: {folder}/.kubeglass: cannot be written (Permission denied); "
        "check the folder's owner and mode, or run kubeglass in another folder\n"
    )
    assert_nothing_left(folder)


@pytest.mark.parametrize("options", [(), ("--detach",)])
def test_a_state_folder_that_may_not_be_written(tmp_path: Path, options: tuple[str, ...]) -> None:
    state = tmp_path / ".kubeglass"
    state.mkdir()
    (state / "lock").touch()
    state.chmod(0o500)

    result = call(tmp_path, "up", "--demo", *options, prefix=WITHOUT_PRIVILEGE)

    assert result.returncode == 7
    assert len(result.stderr.splitlines()) == 1
    assert f"error: {state}/run.json: cannot be written (Permission denied)" in result.stderr
    assert_nothing_left(tmp_path)
